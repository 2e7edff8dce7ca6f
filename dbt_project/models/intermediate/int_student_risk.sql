-- In which bin of risk each student lies at the end of each month: how much of the days left the student would have to
-- miss to end the year chronically absent, beside what the county has missed so far. A year in which less is missed by
-- everybody is then no surprise to what was learned in the years before. No bin where too few days are known yet.
{{ config(materialized='view') }}
{% set months = range(1, 13) %}
with

definition as (

    select * from {{ ref('attendance_definitions') }}
    where is_published

),

rules as (

    select max(case when rule = 'fewest_days' then value end) as fewest_days
    from {{ ref('early_warning_rules') }}

),

county as (

    select
        {% for month in months %}
            sum(days_absent_{{ month }}) as days_absent_{{ month }},
            sum(days_expected_{{ month }}) as days_expected_{{ month }},
        {% endfor %}
        school_year
    from {{ ref('int_students_to_date') }}
    where entity_level = 'county'
    group by school_year

),

levels as (

    {% for month in months %}
        select
            school_year,
            {{ month }} as school_month,
            cast(days_absent_{{ month }} as double) / nullif(days_expected_{{ month }}, 0) as share_missed
        from county
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

needed as (

    select
        months.*,
        coalesce(grades.grade_span, 'unknown') as grade_span,
        case
            when months.days_expected < rules.fewest_days then null
            when months.days_absent * 100 >= (months.days_expected + months.days_left) * definition.threshold_percent
                then 0
            -- more than is left: out of reach
            when months.days_left = 0 then 9999
            else
                (
                    (months.days_expected + months.days_left) * definition.threshold_percent / cast(100 as double)
                    - months.days_absent
                ) / months.days_left / nullif(levels.share_missed, 0)
        end as needed_ratio
    from {{ ref('int_student_months') }} as months
    cross join definition
    cross join rules
    inner join levels
        on months.school_year = levels.school_year
        and months.school_month = levels.school_month
    left join {{ ref('grades') }} as grades on months.grade = grades.grade

)

select
    needed.school_year,
    needed.student_key,
    needed.lea_code,
    needed.school_code,
    needed.grade,
    needed.school_month,
    needed.as_of_date,
    needed.days_expected,
    needed.days_absent,
    needed.days_absent_of_first,
    needed.last_year_rate,
    needed.last_year_band,
    needed.grade_span,
    bins.risk_bin,
    needed.ends_chronically_absent
from needed
left join {{ ref('risk_bins') }} as bins
    on needed.needed_ratio >= bins.from_ratio
    and needed.needed_ratio < bins.below_ratio
