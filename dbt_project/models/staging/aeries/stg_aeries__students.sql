with

students as (

    select * from {{ source('aeries', 'students') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

select
    students.school_year,
    students.sender as lea_code,
    schools.school_code,
    -- attendance knows a student by a number that holds at one school
    students.student_number_key as record_key,
    students.local_student_key,
    -- a student without an SSID yet is still one student of the LEA
    coalesce(students.ssid_key, students.local_student_key) as student_key
from students
inner join schools
    on students.sender = schools.lea_code
    and students.school_number = schools.school_number
