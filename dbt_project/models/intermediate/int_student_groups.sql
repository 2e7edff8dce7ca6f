-- Every reporting category that a student belongs to at an entity in a year.
with

traits as (

    select * from {{ ref('int_student_traits') }}

),

grades as (

    select * from {{ ref('grades') }}

),

everyone as (

    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        'TA' as reporting_category
    from traits

),

races as (

    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        race_category as reporting_category
    from traits

),

genders as (

    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        gender_category as reporting_category
    from traits

),

grade_spans as (

    select
        traits.school_year,
        traits.entity_level,
        traits.cds_code,
        traits.student_key,
        grades.grade_span as reporting_category
    from traits
    inner join grades on traits.grade = grades.grade

),

through_grade_eight as (

    select
        traits.school_year,
        traits.entity_level,
        traits.cds_code,
        traits.student_key,
        'GRTK8' as reporting_category
    from traits
    inner join grades on traits.grade = grades.grade
    where grades.is_tk8

),

programs as (

    -- distinct, because a student may enter and leave a programme several times in a year
    select distinct
        stints.school_year,
        stints.entity_level,
        stints.cds_code,
        stints.student_key,
        spans.reporting_category
    from {{ ref('int_entity_stints') }} as stints
    inner join {{ ref('int_program_spans') }} as spans
        on stints.school_year = spans.school_year
        and stints.student_key = spans.student_key
        and stints.first_date <= spans.last_date
        and stints.last_date >= spans.first_date
    inner join traits
        on stints.school_year = traits.school_year
        and stints.entity_level = traits.entity_level
        and stints.cds_code = traits.cds_code
        and stints.student_key = traits.student_key

)

{% for group in ['everyone', 'races', 'genders', 'grade_spans', 'through_grade_eight', 'programs'] %}
    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        reporting_category
    from {{ group }}
    {% if not loop.last %}
        union all

    {% endif %}
{%- endfor %}
