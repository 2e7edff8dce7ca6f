-- Which student a local identifier means: extracts that carry no SSID (interventions) find theirs here.
with

known as (

    select
        lea_code,
        school_year,
        local_student_key,
        student_key,
        1 as preference
    from {{ ref('int_sis_students') }}

    union all

    select
        lea_code,
        school_year,
        local_student_key,
        student_key,
        2 as preference
    from {{ ref('stg_calpads__enrollments') }}

),

preferred as (

    select
        *,
        row_number() over (
            partition by lea_code, school_year, local_student_key
            order by preference, student_key
        ) as place
    from known
    where local_student_key is not null

)

select
    lea_code,
    school_year,
    local_student_key,
    student_key
from preferred
where place = 1
