-- Each span's days expected and absent through the end of each month of the school year, one column a month: cumulated
-- where the rows lie, because a row per student and month would be ten times as many.
{% set months = range(1, 13) %}
with

month_ends as (

    select
        {% for month in months %}
            max(case when school_month = {{ month }} then days_so_far end) as days_so_far_{{ month }},
        {% endfor %}
        school_year,
        school_code
    from {{ ref('int_school_months') }}
    group by school_year, school_code

),

rules as (

    select max(case when rule = 'first_days' then value end) as first_days
    from {{ ref('early_warning_rules') }}

),

marked as (

    select
        marks.span_number,
        {% for month in months %}
            count_if(marks.is_absence and marks.school_month <= {{ month }}) as days_absent_{{ month }},
            count_if(marks.attendance_category = 'unmapped' and marks.school_month <= {{ month }})
                as days_unmapped_{{ month }},
        {% endfor %}
        count_if(marks.is_absence and marks.school_day <= spans.school_days_before + rules.first_days)
            as days_absent_of_first
    from {{ ref('int_counted_marks') }} as marks
    inner join {{ ref('int_days_expected') }} as spans on marks.span_number = spans.span_number
    cross join rules
    where marks.is_absence or marks.attendance_category = 'unmapped'
    group by marks.span_number

)

select
    spans.span_number,
    {% for month in months %}
        cast(
            greatest(least(month_ends.days_so_far_{{ month }}, spans.last_school_day) - spans.school_days_before, 0)
            - coalesce(marked.days_unmapped_{{ month }}, 0) as integer
        ) as days_expected_{{ month }},
        cast(coalesce(marked.days_absent_{{ month }}, 0) as integer) as days_absent_{{ month }},
    {% endfor %}
    cast(coalesce(marked.days_absent_of_first, 0) as integer) as days_absent_of_first
from {{ ref('int_days_expected') }} as spans
inner join month_ends
    on spans.school_year = month_ends.school_year
    and spans.school_code = month_ends.school_code
left join marked on spans.span_number = marked.span_number
