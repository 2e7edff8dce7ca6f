with

attendance as (

    select * from {{ source('aeries', 'attendance') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

select
    attendance.school_year,
    attendance.sender as lea_code,
    schools.school_code,
    attendance.school_number,
    attendance.student_number_key,
    attendance.school_date,
    attendance.all_day_code,
    attendance.period_0_code,
    attendance.period_1_code,
    attendance.period_2_code,
    attendance.period_3_code,
    attendance.period_4_code,
    attendance.period_5_code,
    attendance.period_6_code,
    attendance.period_7_code,
    attendance.period_8_code,
    attendance.period_9_code
from attendance
inner join schools
    on attendance.sender = schools.lea_code
    and attendance.school_number = schools.school_number
where
    -- ATT also holds the days on which students enter and leave, which are not attendance
    coalesce(
        attendance.all_day_code,
        attendance.period_0_code,
        attendance.period_1_code,
        attendance.period_2_code,
        attendance.period_3_code,
        attendance.period_4_code,
        attendance.period_5_code,
        attendance.period_6_code,
        attendance.period_7_code,
        attendance.period_8_code,
        attendance.period_9_code
    ) is not null
    and attendance.deleted is null
