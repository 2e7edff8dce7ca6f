with

students as (

    select * from {{ ref('student_attendance') }}

),

groups as (

    select * from {{ ref('int_student_groups') }}

),

submissions as (

    select * from {{ ref('submissions') }}

),

counted as (

    select
        students.school_year,
        students.entity_level,
        students.cds_code,
        groups.reporting_category,
        sum(case when students.is_eligible then 1 else 0 end) as eligible_enrollment,
        sum(case when students.is_chronically_absent then 1 else 0 end) as chronic_count
    from students
    inner join groups
        on students.school_year = groups.school_year
        and students.entity_level = groups.entity_level
        and students.cds_code = groups.cds_code
        and students.student_key = groups.student_key
    group by students.school_year, students.entity_level, students.cds_code, groups.reporting_category

),

silent as (

    -- an entity that enrolls students and submitted nothing is shown, without figures
    select
        school_year,
        entity_level,
        cds_code,
        'TA' as reporting_category,
        cast(null as integer) as eligible_enrollment,
        cast(null as integer) as chronic_count
    from submissions
    where schools_submitted = 0

),

united as (

    select
        school_year,
        entity_level,
        cds_code,
        reporting_category,
        eligible_enrollment,
        chronic_count,
        'submitted' as submission_status
    from counted
    -- a group whose students were all too briefly enrolled has no rate to speak of
    where eligible_enrollment > 0

    union all

    select
        school_year,
        entity_level,
        cds_code,
        reporting_category,
        eligible_enrollment,
        chronic_count,
        'not_submitted' as submission_status
    from silent

)

select
    school_year,
    entity_level,
    cds_code,
    {{ codes_of('entity_level', 'cds_code') }},
    reporting_category,
    cast(eligible_enrollment as integer) as eligible_enrollment,
    cast(chronic_count as integer) as chronic_count,
    {{ percent('chronic_count', 'eligible_enrollment') }} as chronic_rate,
    submission_status
from united
