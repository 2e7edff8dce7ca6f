-- Students of the system that counts, with the key under which their marks are filed. A table with numbers, because
-- tens of millions of marks look their student up here, and a number is compared faster than a key of 64 letters.
with

students as (

    {{ counted_sis(
        'students',
        ['school_year', 'lea_code', 'school_code', 'record_key', 'local_student_key', 'student_key']
    ) }}
),

numbered as (

    select
        *,
        cast(
            row_number() over (
                order by school_year, lea_code, school_code, student_key, record_key, local_student_key
            ) as integer
        ) as record_number
    from students

)

select
    school_year,
    lea_code,
    school_code,
    record_key,
    local_student_key,
    student_key,
    record_number,
    -- a student who is filed twice at a school goes by the first number
    min(record_number) over (partition by school_year, school_code, student_key) as roster_number
from numbered
