with

enrollments as (

    select * from {{ source('synergy', 'enrollment') }}

),

students as (

    select * from {{ source('synergy', 'students') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

select
    enrollments.school_year,
    enrollments.sender as lea_code,
    schools.school_code,
    schools.school_number,
    schools.instructional_periods,
    enrollments.enrollment_key,
    enrollments.local_student_key,
    -- a student without an SSID yet is still one student of the LEA
    coalesce(students.ssid_key, enrollments.local_student_key) as student_key,
    enrollments.grade,
    enrollments.enter_date,
    enrollments.leave_date,
    enrollments.exit_reason_code
from enrollments
inner join schools
    on enrollments.sender = schools.lea_code
    and enrollments.school_number = schools.school_number
left join students
    on enrollments.sender = students.sender
    and enrollments.school_year = students.school_year
    and enrollments.local_student_key = students.local_student_key
-- an enrollment at a second school is left out of attendance
where enrollments.exclude_ada_adm is null
