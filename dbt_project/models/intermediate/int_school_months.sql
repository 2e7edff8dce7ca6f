-- How many school days of each school's year lie on or before the end of each month, and through which month its
-- attendance is complete.
with

calendar as (

    select
        school_year,
        lea_code,
        school_code,
        calendar_date,
        days_so_far,
        in_session,
        {{ school_month_of('calendar_date') }} as school_month
    from {{ ref('int_calendar') }}

),

submissions as (

    select *
    from {{ ref('int_submissions') }}
    where attendance_source = 'daily'

),

months as (

    select
        calendar.school_year,
        calendar.lea_code,
        calendar.school_code,
        calendar.school_month,
        max(calendar.calendar_date) as month_end,
        cast(max(calendar.days_so_far) as integer) as days_so_far,
        cast(sum(calendar.in_session) as integer) as days_in_month,
        cast(
            sum(case when calendar.calendar_date <= submissions.complete_through then calendar.in_session else 0 end)
            as integer
        ) as days_submitted,
        max(submissions.complete_through) as complete_through
    from calendar
    inner join submissions
        on calendar.school_year = submissions.school_year
        and calendar.lea_code = submissions.lea_code
        and calendar.school_code = submissions.school_code
    group by calendar.school_year, calendar.lea_code, calendar.school_code, calendar.school_month

)

select
    school_year,
    lea_code,
    school_code,
    school_month,
    month_end,
    days_so_far,
    days_in_month,
    days_submitted,
    least(month_end, complete_through) as as_of_date
from months
