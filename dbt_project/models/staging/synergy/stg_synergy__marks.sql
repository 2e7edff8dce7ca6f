with

attendance as (

    select * from {{ ref('stg_synergy__attendance') }}

),

reasons as (

    select * from {{ ref('stg_synergy__reasons') }}

)

select
    attendance.school_year,
    attendance.lea_code,
    attendance.school_code,
    attendance.enrollment_key as record_key,
    attendance.school_date,
    attendance.part,
    attendance.parts_of_day,
    coalesce(reasons.attendance_category, 'unmapped') as attendance_category,
    coalesce(reasons.is_unverified, false) as is_unverified,
    coalesce(reasons.is_tardy, false) as is_tardy,
    coalesce(reasons.is_unexcused_tardy, false) as is_unexcused_tardy
from attendance
left join reasons
    on attendance.school_year = reasons.school_year
    and attendance.lea_code = reasons.lea_code
    and attendance.school_number = reasons.school_number
    and attendance.code = reasons.code
