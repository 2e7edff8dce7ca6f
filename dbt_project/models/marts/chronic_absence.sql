with

students as (

    select * from {{ ref('student_attendance') }}

),

traits as (

    select * from {{ ref('int_student_traits') }}

),

submissions as (

    select * from {{ ref('submissions') }}

),

described as (

    -- Students who share race, gender and grade are counted once, and their count goes into each of their groups: a row
    -- per student and group would be tens of millions.
    select
        students.school_year,
        students.entity_level,
        students.cds_code,
        traits.race_category,
        traits.gender_category,
        traits.grade,
        sum(case when students.is_eligible then 1 else 0 end) as eligible_enrollment,
        sum(case when students.is_chronically_absent then 1 else 0 end) as chronic_count
    from students
    inner join traits
        on students.school_year = traits.school_year
        and students.entity_level = traits.entity_level
        and students.cds_code = traits.cds_code
        and students.student_key = traits.student_key
    group by
        students.school_year,
        students.entity_level,
        students.cds_code,
        traits.race_category,
        traits.gender_category,
        traits.grade

),

graded as (

    select
        described.*,
        'TA' as all_students,
        grades.grade_span,
        case when grades.is_tk8 then 'GRTK8' end as through_grade_eight
    from described
    left join {{ ref('grades') }} as grades on described.grade = grades.grade

),

grouped as (

    {% for group in ['all_students', 'race_category', 'gender_category', 'grade_span', 'through_grade_eight'] %}
        select
            school_year,
            entity_level,
            cds_code,
            {{ group }} as reporting_category,
            eligible_enrollment,
            chronic_count
        from graded
        where {{ group }} is not null

        union all

    {% endfor %}
    select
        students.school_year,
        students.entity_level,
        students.cds_code,
        programs.reporting_category,
        case when students.is_eligible then 1 else 0 end as eligible_enrollment,
        case when students.is_chronically_absent then 1 else 0 end as chronic_count
    from students
    inner join {{ ref('int_student_programs') }} as programs
        on students.school_year = programs.school_year
        and students.entity_level = programs.entity_level
        and students.cds_code = programs.cds_code
        and students.student_key = programs.student_key

),

counted as (

    select
        school_year,
        entity_level,
        cds_code,
        reporting_category,
        sum(eligible_enrollment) as eligible_enrollment,
        sum(chronic_count) as chronic_count
    from grouped
    group by school_year, entity_level, cds_code, reporting_category

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
