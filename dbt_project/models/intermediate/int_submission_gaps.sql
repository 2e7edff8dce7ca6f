-- The school days up to the as-of day on which a school has rows, and the runs of school days without one between them.
with

as_of as (

    select * from {{ ref('int_as_of') }}

),

days as (

    select
        submitted.school_year,
        submitted.lea_code,
        submitted.school_code,
        calendar.calendar_date,
        calendar.days_so_far
    from {{ ref('int_sis_submitted_days') }} as submitted
    inner join {{ ref('int_calendar') }} as calendar
        on submitted.school_year = calendar.school_year
        and submitted.lea_code = calendar.lea_code
        and submitted.school_code = calendar.school_code
        and submitted.school_date = calendar.calendar_date
    cross join as_of
    where calendar.in_session = 1 and calendar.calendar_date <= as_of.as_of_date

),

steps as (

    select
        school_year,
        lea_code,
        school_code,
        calendar_date,
        days_so_far - coalesce(lag(days_so_far) over school_days, 0) - 1 as gap_before
    from days
    window school_days as (partition by school_year, lea_code, school_code order by calendar_date)

)

select
    school_year,
    lea_code,
    school_code,
    min(calendar_date) as first_day,
    cast(count(*) as integer) as days_with_a_row,
    cast(max(gap_before) as integer) as longest_gap
from steps
group by school_year, lea_code, school_code
