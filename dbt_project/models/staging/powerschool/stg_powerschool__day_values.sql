-- How a school turns what was marked on a date into a share of a day attended.
with

calendar as (

    select * from {{ source('powerschool', 'calendar_day') }}

),

bell_schedules as (

    select * from {{ source('powerschool', 'bell_schedule') }}

),

items as (

    select * from {{ source('powerschool', 'attendance_conversion_items') }}

),

missed_periods as (

    -- the most periods that a student may attend on a day that is worth nothing
    select
        school_year,
        sender,
        attendance_conversion_id,
        max(input_value) as periods_worth_nothing
    from items
    where mode = 'periodday' and attendance_value = 0
    group by school_year, sender, attendance_conversion_id

)

select
    calendar.school_year,
    calendar.sender as lea_code,
    calendar.school_number,
    calendar.calendar_date,
    bell_schedules.attendance_conversion_id,
    coalesce(missed_periods.periods_worth_nothing, 0) as periods_worth_nothing
from calendar
inner join bell_schedules
    on calendar.sender = bell_schedules.sender
    and calendar.school_year = bell_schedules.school_year
    and calendar.bell_schedule_id = bell_schedules.bell_schedule_id
left join missed_periods
    on bell_schedules.sender = missed_periods.sender
    and bell_schedules.school_year = missed_periods.school_year
    and bell_schedules.attendance_conversion_id = missed_periods.attendance_conversion_id
