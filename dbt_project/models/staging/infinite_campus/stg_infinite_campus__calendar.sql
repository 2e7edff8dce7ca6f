with

days as (

    select * from {{ source('infinite_campus', 'day') }}

),

calendars as (

    select * from {{ ref('stg_infinite_campus__calendars') }}

)

-- a school with several calendars is in session where one of them is
select
    days.school_year,
    calendars.lea_code,
    calendars.school_code,
    days.calendar_date,
    max(case when days.is_school_day = 1 and days.has_instruction = 1 and days.takes_attendance = 1 then 1 else 0 end)
    = 1 as is_in_session
from days
inner join calendars
    on days.sender = calendars.lea_code
    and days.school_year = calendars.school_year
    and days.calendar_id = calendars.calendar_id
group by days.school_year, calendars.lea_code, calendars.school_code, days.calendar_date
