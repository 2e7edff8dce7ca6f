with

stints as (

    select * from {{ ref('stg_synergy__stints') }}

)

select
    school_year,
    lea_code,
    school_code,
    -- attendance knows the enrollment, not the student
    enrollment_key as record_key,
    local_student_key,
    student_key
from stints
