-- Students of the system that counts, with the key under which their marks are filed. A table with numbers, because
-- tens of millions of marks look their student up here, and a number is compared faster than a key of 64 letters.
with

students as (

    {{ counted_sis(
        'students',
        ['school_year', 'lea_code', 'school_code', 'record_key', 'local_student_key', 'student_key']
    ) }}
),

schools as (

    select
        school_year,
        lea_code,
        school_code,
        count(*) as records
    from students
    group by school_year, lea_code, school_code

),

places as (

    -- each school's numbers begin where those of the school before it end: nobody has to sort all students at once
    select
        school_year,
        lea_code,
        school_code,
        coalesce(
            sum(records) over (
                order by school_year, lea_code, school_code
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as records_before
    from schools

),

numbered as (

    select
        students.*,
        cast(
            places.records_before + row_number() over (
                partition by students.school_year, students.lea_code, students.school_code
                order by students.student_key, students.record_key, students.local_student_key
            ) as integer
        ) as record_number
    from students
    inner join places
        on students.school_year = places.school_year
        and students.lea_code = places.lea_code
        and students.school_code = places.school_code

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
