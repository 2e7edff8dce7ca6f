with

dates as (

    select * from {{ source('edfi', 'calendar_dates') }}

),

events as (

    select * from {{ ref('edfi_calendar_events') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

-- a date with several events, or a school with several calendars, is in session where one of them says so
select
    dates.school_year,
    dates.sender as lea_code,
    schools.school_code,
    dates.calendar_date,
    max(case when events.is_in_session then 1 else 0 end) = 1 as is_in_session
from dates
inner join schools
    on dates.sender = schools.lea_code
    and dates.school_number = schools.school_number
left join events on {{ descriptor('dates.calendar_event') }} = events.calendar_event
group by dates.school_year, dates.sender, schools.school_code, dates.calendar_date
