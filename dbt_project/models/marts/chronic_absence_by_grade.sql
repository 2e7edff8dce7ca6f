with

totals as (

    select * from {{ ref('int_group_totals') }}
    -- who has no grade is in chronic_absence alone
    where grade is not null

),

counted as (

    select
        totals.school_year,
        totals.entity_level,
        totals.cds_code,
        totals.grade,
        totals.reporting_category,
        sum(totals.students) as eligible_enrollment,
        sum(case when totals.is_chronically_absent then totals.students else 0 end) as chronic_count,
        sum(totals.students_severe) as severe_count,
        sum(totals.days_expected) as days_expected,
        sum(totals.days_attended) as days_attended
    from totals
    inner join {{ ref('reporting_categories') }} as categories
        on totals.reporting_category = categories.reporting_category
    -- the span of a grade is the grade once more
    where categories.category_family not in ('grade', 'grade_total')
    group by
        totals.school_year, totals.entity_level, totals.cds_code, totals.grade, totals.reporting_category

)

select
    counted.school_year,
    counted.entity_level,
    counted.cds_code,
    {{ codes_of('counted.entity_level', 'counted.cds_code') }},
    counted.grade,
    grades.grade_span,
    counted.reporting_category,
    cast(counted.eligible_enrollment as integer) as eligible_enrollment,
    cast(counted.chronic_count as integer) as chronic_count,
    {{ percent('counted.chronic_count', 'counted.eligible_enrollment') }} as chronic_rate,
    cast(counted.severe_count as integer) as severe_count,
    {{ percent('counted.severe_count', 'counted.eligible_enrollment') }} as severe_rate,
    cast(counted.days_expected as decimal(14, 2)) as days_expected,
    cast(counted.days_attended as decimal(14, 2)) as days_attended,
    {{ percent('counted.days_attended', 'counted.days_expected', decimals=2) }} as attendance_rate
from counted
left join {{ ref('grades') }} as grades on counted.grade = grades.grade
