with

stints as (

    select * from {{ ref('stg_powerschool__stints') }}

)

-- distinct, because a student may have several stints at a school
select distinct
    school_year,
    lea_code,
    school_code,
    student_id_key as record_key,
    local_student_key,
    student_key
from stints
