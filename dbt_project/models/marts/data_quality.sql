-- How far each school's week can be trusted: a score with its parts. Days of schools whose attendance comes as a year
-- summary are not judged here.
with

weights as (

    select
        max(case when part = 'submitted' then weekly_weight end) as submitted,
        max(case when part = 'mapped' then weekly_weight end) as mapped,
        max(case when part = 'plausible' then weekly_weight end) as plausible,
        max(case when part = 'timely' then weekly_weight end) as timely
    from {{ ref('data_quality_parts') }}

),

weeks as (

    select
        school_year,
        lea_code,
        cds_code,
        week_start,
        count(*) as school_days,
        count_if(is_submitted) as days_submitted,
        count_if(is_submitted and not has_marks) as days_without_a_row,
        count_if(is_impossible) as days_impossible,
        sum(marks) as marks,
        sum(marks_unmapped) as marks_unmapped,
        bool_or(is_corrected_late) as is_corrected_late
    from {{ ref('int_quality_days') }}
    where coalesce(attendance_source, 'none') <> 'summary'
    group by school_year, lea_code, cds_code, week_start

)

select
    weeks.school_year,
    weeks.cds_code,
    {{ codes_of("'school'", 'weeks.cds_code') }},
    weeks.lea_code,
    weeks.week_start,
    cast(weeks.school_days as integer) as school_days,
    cast(weeks.school_days - weeks.days_submitted as integer) as days_not_submitted,
    cast(weeks.days_without_a_row as integer) as days_without_a_row,
    cast(weeks.days_impossible as integer) as days_impossible,
    cast(weeks.marks as integer) as marks,
    cast(weeks.marks_unmapped as integer) as marks_unmapped,
    weeks.is_corrected_late,
    cast(
        (
            -- what was not submitted can be neither possible nor mapped nor timely
            weights.submitted * weeks.days_submitted
            + weights.plausible * greatest(weeks.days_submitted - weeks.days_impossible, 0)
            + weights.mapped * weeks.days_submitted
            * (case when weeks.marks > 0 then 1 - cast(weeks.marks_unmapped as double) / weeks.marks else 1 end)
            + weights.timely * weeks.days_submitted * (case when weeks.is_corrected_late then 0 else 1 end)
        ) / cast(weeks.school_days as double) as decimal(5, 1)
    ) as score
from weeks
cross join weights
