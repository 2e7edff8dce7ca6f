-- A school's days up to the as-of day: submitted, silent, and covered by what its LEA has sent since. A finished school
-- year ends with its last school day, whatever the as-of day is.
with

schools as (

    select * from {{ ref('int_submissions') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

leas as (

    select
        school_year,
        lea_code,
        max(complete_through) as lea_complete_through
    from schools
    group by school_year, lea_code

),

days as (

    select
        calendar.school_year,
        calendar.lea_code,
        calendar.school_code,
        calendar.calendar_date,
        calendar.calendar_date <= as_of.as_of_date as is_over,
        coalesce(calendar.calendar_date <= schools.complete_through, false) as is_submitted,
        coalesce(calendar.calendar_date <= leas.lea_complete_through, false) as is_covered
    from {{ ref('int_calendar') }} as calendar
    cross join as_of
    left join schools
        on calendar.school_year = schools.school_year
        and calendar.lea_code = schools.lea_code
        and calendar.school_code = schools.school_code
    left join leas
        on calendar.school_year = leas.school_year
        and calendar.lea_code = leas.lea_code
    where calendar.in_session = 1

)

select
    school_year,
    lea_code,
    school_code,
    max(calendar_date) as last_school_day,
    cast(sum(case when is_over then 1 else 0 end) as integer) as days_so_far,
    cast(sum(case when is_over and is_submitted then 1 else 0 end) as integer) as days_submitted,
    cast(sum(case when is_over and not is_submitted then 1 else 0 end) as integer) as days_silent,
    cast(
        sum(case when is_over and not is_submitted and is_covered then 1 else 0 end) as integer
    ) as days_silent_covered,
    min(case when is_over and not is_submitted then calendar_date end) as silent_since
from days
group by school_year, lea_code, school_code
