with

attendance as (

    select * from {{ source('infinite_campus', 'attendance') }}

),

excuses as (

    select * from {{ source('infinite_campus', 'attendance_excuse') }}

),

periods as (

    select * from {{ source('infinite_campus', 'period') }}

),

calendars as (

    select * from {{ ref('stg_infinite_campus__calendars') }}

),

types as (

    select * from {{ ref('infinite_campus_attendance_types') }}

),

state_codes as (

    select * from {{ ref('infinite_campus_state_codes') }}

),

marked as (

    select
        attendance.school_year,
        calendars.lea_code,
        calendars.school_code,
        attendance.person_key,
        attendance.school_date,
        attendance.period_id,
        calendars.instructional_periods,
        excuses.state_code,
        -- what the office wrote on the row wins over what its code usually means
        coalesce(attendance.status, excuses.status) as status,
        coalesce(attendance.excuse, excuses.excuse, 'K') as excuse
    from attendance
    inner join calendars
        on attendance.sender = calendars.lea_code
        and attendance.school_year = calendars.school_year
        and attendance.calendar_id = calendars.calendar_id
    left join excuses
        on attendance.sender = excuses.sender
        and attendance.school_year = excuses.school_year
        and attendance.excuse_id = excuses.excuse_id
    left join periods
        on attendance.sender = periods.sender
        and attendance.school_year = periods.school_year
        and attendance.period_id = periods.period_id
    -- lunch and the like is no part of the school day
    where coalesce(periods.is_non_instructional, 0) = 0

)

select
    marked.school_year,
    marked.lea_code,
    marked.school_code,
    marked.person_key as record_key,
    marked.school_date,
    -- a daily school has one instructional period: its mark is the whole day's
    case when marked.instructional_periods = 1 then null else cast(marked.period_id as string) end as part,
    nullif(marked.instructional_periods, 1) as parts_of_day,
    coalesce(state_codes.attendance_category, types.attendance_category, 'unmapped') as attendance_category,
    coalesce(types.is_unverified, false) as is_unverified,
    coalesce(types.is_tardy, false) as is_tardy,
    coalesce(types.is_unexcused_tardy, false) as is_unexcused_tardy
from marked
left join types
    on marked.status = types.status
    and marked.excuse = types.excuse
left join state_codes on marked.state_code = state_codes.state_code
