with

attendance as (

    select * from {{ source('powerschool', 'attendance') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

),

codes as (

    select * from {{ ref('stg_powerschool__attendance_codes') }}

),

categories as (

    select * from {{ ref('attendance_categories') }}

),

day_values as (

    select * from {{ ref('stg_powerschool__day_values') }}

),

code_values as (

    select * from {{ source('powerschool', 'attendance_conversion_items') }}
    where mode = 'codeday'

),

coded as (

    select
        attendance.school_year,
        attendance.sender as lea_code,
        schools.school_code,
        attendance.student_id_key as record_key,
        attendance.school_date,
        attendance.mode,
        attendance.period_id,
        schools.instructional_periods,
        coalesce(day_values.periods_worth_nothing, 0) as periods_worth_nothing,
        code_values.attendance_value,
        coalesce(codes.attendance_category, 'unmapped') as attendance_category,
        coalesce(codes.is_unverified, false) as is_unverified,
        coalesce(codes.is_tardy, false) as is_tardy
    from attendance
    inner join schools
        on attendance.sender = schools.lea_code
        and attendance.school_number = schools.school_number
    left join codes
        on attendance.sender = codes.lea_code
        and attendance.school_year = codes.school_year
        and attendance.attendance_code_id = codes.attendance_code_id
    left join day_values
        on attendance.sender = day_values.lea_code
        and attendance.school_year = day_values.school_year
        and attendance.school_number = day_values.school_number
        and attendance.school_date = day_values.calendar_date
    left join code_values
        on day_values.lea_code = code_values.sender
        and day_values.school_year = code_values.school_year
        and day_values.attendance_conversion_id = code_values.attendance_conversion_id
        and attendance.attendance_code_id = code_values.input_value
    -- a row without a code is a student who was there
    where attendance.attendance_code_id is not null

),

days as (

    select
        coded.school_year,
        coded.lea_code,
        coded.school_code,
        coded.record_key,
        coded.school_date,
        -- an absence that is worth some of a day is part of one
        case when categories.is_absence and coded.attendance_value > 0 and coded.attendance_value < 1 then 'half' end
            as part,
        case when categories.is_absence and coded.attendance_value > 0 and coded.attendance_value < 1 then 2 end
            as parts_of_day,
        case
            when categories.is_absence and coded.attendance_value >= 1 then 'attended'
            else coded.attendance_category
        end as attendance_category,
        coded.is_unverified,
        coded.is_tardy
    from coded
    inner join categories on coded.attendance_category = categories.attendance_category
    where coded.mode = 'ATT_ModeDaily'

),

meetings as (

    -- Two classes may meet in one period: the graver mark stands, then one not verified, then one begun late. One
    -- number holds all three, because to rank tens of millions of rows by their text takes several times as long.
    select
        coded.school_year,
        coded.lea_code,
        coded.school_code,
        coded.record_key,
        coded.school_date,
        coded.period_id,
        -- so many periods absent leave a number of periods attended that is worth nothing
        max(
            case
                when coded.instructional_periods > coded.periods_worth_nothing
                    then coded.instructional_periods - coded.periods_worth_nothing
            end
        ) as parts_of_day,
        min(
            categories.priority * 4
            + case when coded.is_unverified then 0 else 2 end
            + case when coded.is_tardy then 0 else 1 end
        ) as gravity
    from coded
    inner join categories on coded.attendance_category = categories.attendance_category
    where coded.mode = 'ATT_ModeMeeting'
    group by
        coded.school_year,
        coded.lea_code,
        coded.school_code,
        coded.record_key,
        coded.school_date,
        coded.period_id

)

select
    school_year,
    lea_code,
    school_code,
    record_key,
    school_date,
    part,
    parts_of_day,
    attendance_category,
    is_unverified,
    is_tardy
from days

union all

select
    meetings.school_year,
    meetings.lea_code,
    meetings.school_code,
    meetings.record_key,
    meetings.school_date,
    cast(meetings.period_id as varchar) as part,
    meetings.parts_of_day,
    categories.attendance_category,
    meetings.gravity % 4 < 2 as is_unverified,
    meetings.gravity % 2 < 1 as is_tardy
from meetings
inner join categories on meetings.gravity - meetings.gravity % 4 = categories.priority * 4
