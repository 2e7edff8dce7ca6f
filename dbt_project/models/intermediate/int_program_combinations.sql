-- The county's eligible students by all program groups that they are in at once: some sixty rows a year, from which any
-- two or three groups are set beside each other without going back to the students.
with

students as (

    select
        school_year,
        cds_code,
        student_key,
        is_chronically_absent
    from {{ ref('student_attendance') }}
    where entity_level = 'county' and is_eligible

),

programs as (

    select
        school_year,
        cds_code,
        student_key,
        {{ list_of('reporting_category') }} as combination
    from {{ ref('int_student_programs') }}
    where entity_level = 'county'
    group by school_year, cds_code, student_key

)

select
    students.school_year,
    students.cds_code,
    -- in no group at all is a combination too
    coalesce(programs.combination, '') as combination,
    cast(count(*) as integer) as students,
    cast(count_if(students.is_chronically_absent) as integer) as chronic
from students
left join programs
    on students.school_year = programs.school_year
    and students.cds_code = programs.cds_code
    and students.student_key = programs.student_key
group by students.school_year, students.cds_code, coalesce(programs.combination, '')
