-- Attendance with what its codes mean: of a whole day (ATT_ModeDaily), or of one class meeting (ATT_ModeMeeting).
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

)

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
    categories.attendance_category,
    categories.priority,
    categories.is_absence,
    coalesce(codes.is_unverified, false) as is_unverified,
    coalesce(codes.is_tardy, false) as is_tardy,
    coalesce(codes.is_unexcused_tardy, false) as is_unexcused_tardy
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
-- a code that nobody explains is a category of its own
inner join categories on coalesce(codes.attendance_category, 'unmapped') = categories.attendance_category
-- a row without a code is a student who was there
where attendance.attendance_code_id is not null
