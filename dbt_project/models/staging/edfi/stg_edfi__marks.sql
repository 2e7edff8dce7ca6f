with

attendance as (

    select * from {{ ref('stg_edfi__attendance') }}

),

categories as (

    select * from {{ ref('edfi_attendance_categories') }}

)

select
    attendance.school_year,
    attendance.lea_code,
    attendance.school_code,
    attendance.local_student_key as record_key,
    attendance.school_date,
    -- an event of less than a day is part of one
    case when attendance.event_duration < 1 then 'half' end as part,
    case when attendance.event_duration < 1 then 2 end as parts_of_day,
    coalesce(categories.attendance_category, 'unmapped') as attendance_category,
    -- Ed-Fi does not tell what nobody has verified yet
    false as is_unverified,
    coalesce(categories.is_tardy, false) as is_tardy,
    coalesce(categories.is_unexcused_tardy, false) as is_unexcused_tardy
from attendance
left join categories on attendance.category = categories.category
