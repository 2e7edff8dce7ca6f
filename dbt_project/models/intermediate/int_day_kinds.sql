-- Where each school day lies between the days off around it, and the weekdays that a school alone had off.
with

rules as (

    select
        max(case when rule = 'break_days' then value end) as break_days,
        max(case when rule = 'weekend_days' then value end) as weekend_days
    from {{ ref('attendance_day_rules') }}

),

sessions as (

    select
        school_year,
        lea_code,
        school_code,
        calendar_date,
        lead(calendar_date) over school_days as next_date,
        lag(calendar_date) over school_days as last_date
    from {{ ref('int_calendar') }}
    where in_session = 1
    window school_days as (partition by school_year, lea_code, school_code order by calendar_date)

)

select
    sessions.school_year,
    sessions.lea_code,
    sessions.school_code,
    sessions.calendar_date,
    case
        -- before and after at once, as between two breaks: the one ahead is what keeps families away
        when {{ days_between('sessions.calendar_date', 'sessions.next_date') }} > rules.break_days then 'before_break'
        when {{ days_between('sessions.last_date', 'sessions.calendar_date') }} > rules.break_days then 'after_break'
        when {{ days_between('sessions.calendar_date', 'sessions.next_date') }} > rules.weekend_days + 1
            then 'before_long_weekend'
        else 'ordinary'
    end as day_kind
from sessions
cross join rules
