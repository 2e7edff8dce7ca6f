-- Each student at the school where enrolled at the end of each month, with the county's days so far, the days still to
-- come there, and the year before. A view: all years' rows would be tens of millions, and each reader wants a part.
{{ config(materialized='view') }}
{% set months = range(1, 13) %}
with

spans as (

    -- at the county no two spans of a student overlap
    select
        stints.school_year,
        stints.student_key,
        stints.school_code,
        stints.grade,
        stints.first_date,
        stints.last_date
    from {{ ref('int_entity_stints') }} as stints
    where stints.entity_level = 'county'

),

to_date as (

    select * from {{ ref('int_students_to_date') }}
    where entity_level = 'county'

),

years as (

    select
        school_year,
        student_key,
        days_expected,
        days_absent,
        absence_rate,
        is_eligible,
        is_chronically_absent,
        attendance_band
    from {{ ref('int_chronic_absence_rule') }}
    where entity_level = 'county'

),

first_spans as (

    select
        expected.school_year,
        expected.student_key,
        min(expected.first_date) as first_date
    from {{ ref('int_days_expected') }} as expected
    where expected.counts_at_county
    group by expected.school_year, expected.student_key

),

first_days as (

    select
        expected.school_year,
        expected.student_key,
        max(to_date.days_absent_of_first) as days_absent_of_first
    from {{ ref('int_days_expected') }} as expected
    inner join first_spans
        on expected.school_year = first_spans.school_year
        and expected.student_key = first_spans.student_key
        and expected.first_date = first_spans.first_date
    inner join {{ ref('int_days_to_date') }} as to_date on expected.span_number = to_date.span_number
    where expected.counts_at_county
    group by expected.school_year, expected.student_key

),

students as (

    select
        spans.*,
        {% for month in months %}
            to_date.days_expected_{{ month }},
            to_date.days_absent_{{ month }},
        {% endfor %}
        first_days.days_absent_of_first,
        this_year.is_chronically_absent as ends_chronically_absent,
        this_year.days_expected as days_expected_in_year,
        this_year.days_absent as days_absent_in_year,
        last_year.absence_rate as last_year_rate,
        -- who was there too briefly last year is no better known than who was not there
        case when last_year.is_eligible then last_year.attendance_band else 'unknown' end as last_year_band
    from spans
    inner join to_date
        on spans.school_year = to_date.school_year
        and spans.student_key = to_date.student_key
    inner join years as this_year
        on spans.school_year = this_year.school_year
        and spans.student_key = this_year.student_key
    left join first_days
        on spans.school_year = first_days.school_year
        and spans.student_key = first_days.student_key
    left join years as last_year
        on {{ year_before('spans.school_year') }} = last_year.school_year
        and spans.student_key = last_year.student_key

),

all_months as (

    select
        *,
        max(days_so_far) over (partition by school_year, lea_code, school_code) as days_in_year
    from {{ ref('int_school_months') }}

),

months as (

    select
        school_year,
        lea_code,
        school_code,
        school_month,
        as_of_date,
        -- of a month that is submitted in part, the rest is still to come
        days_in_year - days_so_far + days_in_month - days_submitted as days_left
    from all_months
    where days_submitted > 0

)

select
    students.school_year,
    students.student_key,
    months.lea_code,
    students.school_code,
    students.grade,
    months.school_month,
    months.as_of_date,
    case months.school_month
        {% for month in months %}
            when {{ month }} then students.days_expected_{{ month }}
        {% endfor %}
    end as days_expected,
    case months.school_month
        {% for month in months %}
            when {{ month }} then students.days_absent_{{ month }}
        {% endfor %}
    end as days_absent,
    cast(months.days_left as integer) as days_left,
    students.days_absent_of_first,
    students.last_year_rate,
    coalesce(students.last_year_band, 'unknown') as last_year_band,
    students.days_expected_in_year,
    students.days_absent_in_year,
    students.ends_chronically_absent
from students
inner join months
    on students.school_year = months.school_year
    and students.school_code = months.school_code
where
    students.first_date <= months.as_of_date
    and students.last_date >= months.as_of_date
