-- Enrollments of the system that counts.
{{ config(materialized='view') }}

with

enrollments as (

    {{ counted_sis(
        'enrollments',
        [
            'school_year', 'lea_code', 'school_code', 'local_student_key', 'grade',
            'enrollment_status', 'first_date', 'last_date', 'exit_reason_code'
        ]
    ) }}
)

select
    school_year,
    lea_code,
    school_code,
    local_student_key,
    grade,
    enrollment_status,
    first_date,
    last_date,
    exit_reason_code
from enrollments
