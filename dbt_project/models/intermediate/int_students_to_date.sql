-- A student's days at an entity through the end of each month, one column a month; only where attendance arrives by
-- day. Spans of students exempt at the school are left out, as from the year's total.
{% set months = range(1, 13) %}
with

exempt as (

    -- one row per student who is exempt at a school
    select distinct
        school_year,
        school_code,
        student_key
    from {{ ref('stg_calpads__absence_summaries') }}
    where is_exempt

),

spans as (

    select expected.*
    from {{ ref('int_days_expected') }} as expected
    left join exempt
        on expected.school_year = exempt.school_year
        and expected.school_code = exempt.school_code
        and expected.student_key = exempt.student_key
    where exempt.student_key is null

),

placed as (

    select
        stints.school_year,
        stints.entity_level,
        stints.cds_code,
        stints.student_key,
        stints.is_only,
        spans.span_number
    from {{ ref('int_entity_stints') }} as stints
    inner join spans
        on stints.stint_key = spans.stint_key
        and stints.first_date = spans.first_date
        and stints.last_date = spans.last_date

)

-- nearly every student has one span, of which nothing has to be added up
select
    {% for month in months %}
        to_date.days_expected_{{ month }},
        to_date.days_absent_{{ month }},
    {% endfor %}
    placed.school_year,
    placed.entity_level,
    placed.cds_code,
    placed.student_key
from placed
inner join {{ ref('int_days_to_date') }} as to_date on placed.span_number = to_date.span_number
where placed.is_only

union all

select
    {% for month in months %}
        cast(sum(to_date.days_expected_{{ month }}) as integer) as days_expected_{{ month }},
        cast(sum(to_date.days_absent_{{ month }}) as integer) as days_absent_{{ month }},
    {% endfor %}
    placed.school_year,
    placed.entity_level,
    placed.cds_code,
    placed.student_key
from placed
inner join {{ ref('int_days_to_date') }} as to_date on placed.span_number = to_date.span_number
where not placed.is_only
group by placed.school_year, placed.entity_level, placed.cds_code, placed.student_key
