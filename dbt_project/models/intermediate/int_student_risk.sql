-- Where each student stands at the end of each month: by the share missed so far, and by how much of the days left the
-- student would have to miss to end the year chronically absent, told in steps of what the county would miss of them.
-- A year in which less is missed by everybody is then no surprise to what was learned in the years before. Nothing is
-- told where too few days are known yet.
{{ config(materialized='view') }}
{% set months = range(1, 13) %}
with

definition as (

    select * from {{ ref('attendance_definitions') }}
    where is_published

),

rules as (

    select
        max(case when rule = 'fewest_days' then value end) as fewest_days,
        max(case when rule = 'ratio_steps' then value end) as ratio_steps,
        max(case when rule = 'largest_step' then value end) as largest_step,
        max(case when rule = 'bins_of_share' then value end) as bins_of_share,
        max(case when rule = 'last_bin' then value end) as last_bin
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

measured as (

    select
        standing.*,
        coalesce(grades.grade_span, 'unknown') as grade_span,
        levels.share_missed * standing.days_left as days_usual,
        standing.days_absent / nullif(levels.share_missed * standing.days_expected, 0) as ratio_so_far,
        -- days that make a tenth of the student's whole year, less those missed already
        (standing.days_expected + standing.days_left) * definition.threshold_percent / cast(100 as double)
        - standing.days_absent as days_needed,
        -- what the year came to above a tenth of it, whether or not the student stayed to its end
        standing.days_absent_in_year
        - standing.days_expected_in_year * definition.threshold_percent / cast(100 as double) as days_above
    from {{ ref('int_student_months') }} as standing
    cross join definition
    inner join levels
        on standing.school_year = levels.school_year
        and standing.school_month = levels.school_month
    left join {{ ref('grades') }} as grades on standing.grade = grades.grade

)

select
    measured.school_year,
    measured.student_key,
    measured.lea_code,
    measured.school_code,
    measured.grade,
    measured.school_month,
    measured.as_of_date,
    measured.days_expected,
    measured.days_absent,
    measured.days_absent_of_first,
    measured.last_year_rate,
    measured.last_year_band,
    measured.grade_span,
    case
        when measured.days_expected < rules.fewest_days then null
        when measured.days_absent = 0 then 0
        else cast(least(1 + floor(rules.bins_of_share * ln(1 + measured.ratio_so_far)), rules.last_bin) as integer)
    end as risk_bin,
    -- in steps of the days that the county would miss of those left
    case
        when measured.days_usual > 0
            then cast(
                greatest(
                    least(
                        -- days are whole: whoever misses as many as are needed has missed more than half a day less
                        floor(
                            rules.ratio_steps * (measured.days_needed - cast(0.5 as double)) / measured.days_usual
                        ),
                        rules.largest_step
                    ),
                    -1
                ) as integer
            )
    end as needed_step,
    case
        when measured.days_usual > 0
            then cast(
                greatest(
                    least(
                        floor(
                            rules.ratio_steps * (measured.days_needed + measured.days_above) / measured.days_usual
                        ),
                        rules.largest_step
                    ),
                    -1
                ) as integer
            )
    end as outcome_step,
    -- no day is left: it has come to a tenth, or it has not
    case when measured.days_left = 0 then measured.days_needed <= 0 end as is_decided_so,
    measured.ends_chronically_absent
from measured
cross join rules
