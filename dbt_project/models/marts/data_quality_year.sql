-- How far each school's year can be trusted: the weeks together, its calendar, and what is wrong with its summaries.
with

rules as (

    select
        max(case when rule = 'fewest_school_days' then value end) as fewest_school_days,
        max(case when rule = 'most_school_days' then value end) as most_school_days
    from {{ ref('data_quality_rules') }}

),

weights as (

    select
        max(case when part = 'submitted' then yearly_weight end) as submitted,
        max(case when part = 'mapped' then yearly_weight end) as mapped,
        max(case when part = 'plausible' then yearly_weight end) as plausible,
        max(case when part = 'timely' then yearly_weight end) as timely,
        max(case when part = 'calendar' then yearly_weight end) as calendar,
        max(case when part = 'certified' then yearly_weight end) as certified
    from {{ ref('data_quality_parts') }}

),

schools as (

    select
        cds_code,
        lea_code,
        school_code
    from {{ ref('int_school_entities') }}
    where entity_level = 'school'

),

enrolled as (

    select
        school_year,
        lea_code,
        school_code,
        count(distinct student_key) as students
    from {{ ref('int_stints') }}
    group by school_year, lea_code, school_code

),

calendars as (

    select
        school_year,
        lea_code,
        school_code,
        sum(in_session) as school_days_in_year
    from {{ ref('int_calendar') }}
    group by school_year, lea_code, school_code

),

weeks as (

    select
        school_year,
        cds_code,
        sum(school_days) as school_days,
        sum(days_not_submitted) as days_not_submitted,
        sum(days_without_a_row) as days_without_a_row,
        sum(days_impossible) as days_impossible,
        sum(marks) as marks,
        sum(marks_unmapped) as marks_unmapped,
        count(*) as weeks,
        count_if(is_corrected_late) as weeks_corrected_late
    from {{ ref('data_quality') }}
    group by school_year, cds_code

),

findings as (

    select
        school_year,
        lea_code,
        school_code,
        count(distinct student_key) as students
    from {{ ref('absence_summary_findings') }}
    group by school_year, lea_code, school_code

),

judged as (

    select
        coalesce(1 - cast(weeks.days_not_submitted as double) / nullif(weeks.school_days, 0), 0) as share_submitted,
        enrolled.school_year,
        schools.cds_code,
        enrolled.lea_code,
        submissions.attendance_source,
        enrolled.students,
        calendars.school_days_in_year,
        calendars.school_days_in_year between rules.fewest_school_days and rules.most_school_days as is_usual_calendar,
        case
            -- where only summaries are sent, no calendar is asked for
            when coalesce(submissions.attendance_source, 'none') <> 'summary' and calendars.school_code is null
                then enrolled.students
            else 0
        end as students_without_calendar,
        coalesce(findings.students, 0) as students_with_findings,
        weeks.school_days,
        weeks.days_not_submitted,
        weeks.days_without_a_row,
        weeks.days_impossible,
        weeks.marks,
        weeks.marks_unmapped,
        weeks.weeks,
        weeks.weeks_corrected_late
    from enrolled
    cross join rules
    inner join schools
        on enrolled.lea_code = schools.lea_code
        and enrolled.school_code = schools.school_code
    left join {{ ref('int_submissions') }} as submissions
        on enrolled.school_year = submissions.school_year
        and enrolled.lea_code = submissions.lea_code
        and enrolled.school_code = submissions.school_code
    left join calendars
        on enrolled.school_year = calendars.school_year
        and enrolled.lea_code = calendars.lea_code
        and enrolled.school_code = calendars.school_code
    left join weeks
        on enrolled.school_year = weeks.school_year
        and schools.cds_code = weeks.cds_code
    left join findings
        on enrolled.school_year = findings.school_year
        and enrolled.lea_code = findings.lea_code
        and enrolled.school_code = findings.school_code

),

scored as (

    select
        judged.*,
        -- what was not submitted can be neither possible nor mapped nor timely
        weights.submitted * judged.share_submitted
        + weights.plausible * greatest(
            judged.share_submitted
            - coalesce(cast(judged.days_impossible as double) / nullif(judged.school_days, 0), 0),
            0
        )
        + weights.mapped * judged.share_submitted
        * (case when judged.marks > 0 then 1 - cast(judged.marks_unmapped as double) / judged.marks else 1 end)
        + weights.timely * judged.share_submitted
        * coalesce(1 - cast(judged.weeks_corrected_late as double) / nullif(judged.weeks, 0), 1)
        + weights.calendar * (case when coalesce(judged.is_usual_calendar, false) then 1 else 0 end) as points_of_days,
        weights.certified
        * (1 - least(judged.students_with_findings, judged.students) / cast(judged.students as double))
            as points_of_summaries,
        weights.submitted + weights.plausible + weights.mapped + weights.timely + weights.calendar as most_of_days,
        -- a school of which nothing arrived by day, though it should have, has submitted nothing
        coalesce(judged.attendance_source, 'none') <> 'summary' as is_judged
    from judged
    cross join weights

)

select
    school_year,
    cds_code,
    {{ codes_of("'school'", 'cds_code') }},
    lea_code,
    attendance_source,
    cast(students as integer) as students,
    cast(school_days_in_year as integer) as school_days_in_year,
    is_usual_calendar,
    cast(students_without_calendar as integer) as students_without_calendar,
    cast(students_with_findings as integer) as students_with_findings,
    cast(school_days as integer) as school_days_so_far,
    cast(days_not_submitted as integer) as days_not_submitted,
    cast(days_without_a_row as integer) as days_without_a_row,
    cast(days_impossible as integer) as days_impossible,
    cast(marks_unmapped as integer) as marks_unmapped,
    cast(weeks_corrected_late as integer) as weeks_corrected_late,
    case when is_judged then cast(points_of_days + points_of_summaries as decimal(5, 1)) end as score,
    case when is_judged then cast(100 * points_of_days / most_of_days as decimal(5, 1)) end as score_of_days
from scored
