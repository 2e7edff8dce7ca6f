with

stints as (

    select * from {{ ref('int_entity_stints') }}
    where entity_level = 'school'

),

school_years as (

    -- a record that is left open ends with the school's last day, whatever its system writes
    select
        school_year,
        school_code,
        max(last_school_day) as last_school_day
    from {{ ref('int_submission_days') }}
    group by school_year, school_code

),

met as (

    -- the days on which a student was both at the school and in the group
    select
        stints.school_year,
        stints.cds_code,
        stints.student_key,
        spans.reporting_category,
        greatest(stints.first_date, spans.first_date) as first_date,
        least(
            stints.last_date, spans.last_date, coalesce(school_years.last_school_day, stints.last_date)
        ) as last_date
    from stints
    inner join {{ ref('int_program_spans') }} as spans
        on stints.school_year = spans.school_year
        and stints.student_key = spans.student_key
        and stints.first_date <= spans.last_date
        and stints.last_date >= spans.first_date
    left join school_years
        on stints.school_year = school_years.school_year
        and stints.school_code = school_years.school_code
    where
        greatest(stints.first_date, spans.first_date)
        <= coalesce(school_years.last_school_day, stints.last_date)

),

ordered as (

    -- several programmes lead to one group, and a stint may follow another on the next day
    select
        *,
        max(last_date) over (
            partition by school_year, cds_code, student_key, reporting_category
            order by first_date, last_date
            rows between unbounded preceding and 1 preceding
        ) as last_date_before
    from met

),

begun as (

    select
        *,
        sum(case when first_date <= {{ days_after('last_date_before', 1) }} then 0 else 1 end) over (
            partition by school_year, cds_code, student_key, reporting_category
            order by first_date, last_date
            rows between unbounded preceding and current row
        ) as span_number
    from ordered

),

merged as (

    select
        school_year,
        cds_code,
        student_key,
        reporting_category,
        min(first_date) as first_date,
        max(last_date) as last_date
    from begun
    group by school_year, cds_code, student_key, reporting_category, span_number

)

select
    school_year,
    cds_code,
    substr(cds_code, 1, 2) as county_code,
    substr(cds_code, 3, 5) as district_code,
    substr(cds_code, 8, 7) as school_code,
    student_key,
    reporting_category,
    first_date,
    last_date
from merged
