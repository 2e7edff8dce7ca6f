with

enrollments as (

    select * from {{ source('infinite_campus', 'enrollment') }}

),

students as (

    select * from {{ source('infinite_campus', 'student') }}

),

calendars as (

    select * from {{ ref('stg_infinite_campus__calendars') }}

)

select
    enrollments.school_year,
    enrollments.sender as lea_code,
    calendars.school_code,
    enrollments.person_key,
    students.local_student_key,
    -- a student without an SSID yet is still one student of the LEA
    coalesce(students.ssid_key, students.local_student_key) as student_key,
    enrollments.grade,
    enrollments.service_type,
    enrollments.enter_date,
    enrollments.leave_date,
    enrollments.exit_reason_code
from enrollments
inner join students
    on enrollments.sender = students.sender
    and enrollments.school_year = students.school_year
    and enrollments.person_key = students.person_key
inner join calendars
    on enrollments.sender = calendars.lea_code
    and enrollments.school_year = calendars.school_year
    and enrollments.calendar_id = calendars.calendar_id
where
    -- what is not reported to the state, and who never came
    enrollments.service_type <> 'N'
    and coalesce(enrollments.is_excluded, 0) = 0
    and coalesce(enrollments.is_no_show, 0) = 0
