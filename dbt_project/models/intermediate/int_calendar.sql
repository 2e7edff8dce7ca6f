-- Every date of a school's year with a running count of school days, so that days between two dates are a difference.
with

sessions as (

    select * from {{ ref('int_sis_calendar') }}

),

school_years as (

    -- one row per school and year that has a calendar
    select distinct
        school_year,
        lea_code,
        school_code
    from sessions

),

years as (

    select distinct school_year
    from school_years

),

dates as (

    select
        school_year,
        {{ each_date(first_date_of('school_year'), last_date_of('school_year')) }} as calendar_date
    from years

),

marked as (

    select
        school_years.school_year,
        school_years.lea_code,
        school_years.school_code,
        dates.calendar_date,
        case when sessions.is_in_session then 1 else 0 end as in_session
    from school_years
    inner join dates on school_years.school_year = dates.school_year
    left join sessions
        on school_years.school_code = sessions.school_code
        and dates.calendar_date = sessions.calendar_date
        and school_years.school_year = sessions.school_year

)

select
    school_year,
    lea_code,
    school_code,
    calendar_date,
    in_session,
    sum(in_session) over school_so_far as days_so_far,
    (sum(in_session) over school_so_far) - in_session as days_before
from marked
window school_so_far as (partition by school_year, school_code order by calendar_date)
