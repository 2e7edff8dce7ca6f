-- How much of each school year is over: school days of the county, any school's, up to the as-of day.
with

days as (

    -- one row per date on which any school was or will be in session
    select distinct
        school_year,
        calendar_date
    from {{ ref('int_calendar') }}
    where in_session = 1

),

counted as (

    select
        days.school_year,
        count(*) as school_days,
        sum(case when days.calendar_date <= clock.as_of_date then 1 else 0 end) as school_days_so_far
    from days
    cross join {{ ref('int_as_of') }} as clock
    group by days.school_year

)

select
    school_year,
    cast(school_days as integer) as school_days,
    cast(school_days_so_far as integer) as school_days_so_far,
    school_days_so_far = school_days as is_over
from counted
