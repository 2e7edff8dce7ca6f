-- Students of the system that counts, with the key under which their marks are filed.
{{ config(materialized='view') }}

with

students as (

    {{ counted_sis(
        'students',
        ['school_year', 'lea_code', 'school_code', 'record_key', 'local_student_key', 'student_key']
    ) }}
)

select
    school_year,
    lea_code,
    school_code,
    record_key,
    local_student_key,
    student_key
from students
