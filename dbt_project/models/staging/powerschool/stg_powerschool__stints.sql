-- The current enrollment stands on the student, earlier ones on reenrollments.
with

students as (

    select * from {{ source('powerschool', 'students') }}

),

reenrollments as (

    select * from {{ source('powerschool', 'reenrollments') }}

),

stints as (

    select
        school_year,
        sender,
        student_id_key,
        school_number,
        grade,
        enter_date,
        leave_date,
        enrollment_type,
        exit_reason_code
    from students
    -- below zero: registered for a time to come
    where enter_date is not null and coalesce(enroll_status, 0) >= 0

    union all

    select
        school_year,
        sender,
        student_id_key,
        school_number,
        grade,
        enter_date,
        leave_date,
        enrollment_type,
        exit_reason_code
    from reenrollments

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

select
    stints.school_year,
    stints.sender as lea_code,
    schools.school_code,
    stints.student_id_key,
    students.local_student_key,
    -- a student without an SSID yet is still one student of the LEA
    coalesce(students.ssid_key, students.local_student_key) as student_key,
    stints.grade,
    stints.enter_date,
    stints.leave_date,
    stints.enrollment_type,
    stints.exit_reason_code
from stints
inner join students
    on stints.sender = students.sender
    and stints.school_year = students.school_year
    and stints.student_id_key = students.student_id_key
inner join schools
    on stints.sender = schools.lea_code
    and stints.school_number = schools.school_number
