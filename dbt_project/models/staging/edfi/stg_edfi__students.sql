with

enrollments as (

    select * from {{ source('edfi', 'enrollments') }}

),

state_numbers as (

    -- an organization may repeat what the district says: any of them, and the same one in every build
    select
        school_year,
        sender,
        local_student_key,
        min(ssid_key) as ssid_key
    from {{ source('edfi', 'student_identifiers') }}
    where {{ descriptor('identification_system') }} = 'state'
    group by school_year, sender, local_student_key

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

-- distinct, because a student may have several stints at a school
select distinct
    enrollments.school_year,
    enrollments.sender as lea_code,
    schools.school_code,
    enrollments.local_student_key as record_key,
    enrollments.local_student_key,
    -- a student without an SSID yet is still one student of the LEA
    coalesce(state_numbers.ssid_key, enrollments.local_student_key) as student_key
from enrollments
inner join schools
    on enrollments.sender = schools.lea_code
    and enrollments.school_number = schools.school_number
left join state_numbers
    on enrollments.sender = state_numbers.sender
    and enrollments.school_year = state_numbers.school_year
    and enrollments.local_student_key = state_numbers.local_student_key
