-- Race and gender as the latest record of the year at the entity says; grade as the latest stint says.
with

students as (

    select
        school_year,
        entity_level,
        cds_code,
        student_key
    from {{ ref('int_attendance_totals') }}

),

records as (

    select * from {{ ref('int_student_information') }}

),

entities as (

    select * from {{ ref('int_school_entities') }}

),

described as (

    select
        records.school_year,
        records.lea_code,
        records.school_code,
        records.student_key,
        records.first_date,
        records.race_category,
        genders.reporting_category as gender_category,
        count(*) over (partition by records.school_year, records.student_key) as records_in_year
    from records
    left join {{ ref('gender_groups') }} as genders on records.gender = genders.gender

),

ranked as (

    select
        students.school_year,
        students.entity_level,
        students.cds_code,
        students.student_key,
        described.gender_category,
        described.race_category,
        row_number() over (
            partition by students.school_year, students.entity_level, students.cds_code, students.student_key
            -- a record that another school posted serves where the entity itself has none
            order by
                case when entities.cds_code is not null then 0 else 1 end,
                described.first_date desc,
                described.school_code asc
        ) as place
    from students
    inner join described
        on students.school_year = described.school_year
        and students.student_key = described.student_key
    left join entities
        on students.entity_level = entities.entity_level
        and students.cds_code = entities.cds_code
        and described.lea_code = entities.lea_code
        and described.school_code = entities.school_code
    where described.records_in_year > 1

),

latest as (

    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        gender_category,
        race_category
    from ranked
    where place = 1

    union all

    -- nearly every student has one record in the year, which is the latest at every entity
    select
        students.school_year,
        students.entity_level,
        students.cds_code,
        students.student_key,
        described.gender_category,
        described.race_category
    from students
    inner join described
        on students.school_year = described.school_year
        and students.student_key = described.student_key
    where described.records_in_year = 1

),

grades as (

    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        grade
    from {{ ref('int_entity_stints') }}
    where is_latest

)

select
    students.school_year,
    students.entity_level,
    students.cds_code,
    students.student_key,
    grades.grade,
    coalesce(latest.race_category, 'RD') as race_category,
    coalesce(latest.gender_category, 'GZ') as gender_category
from students
left join latest
    on students.school_year = latest.school_year
    and students.entity_level = latest.entity_level
    and students.cds_code = latest.cds_code
    and students.student_key = latest.student_key
left join grades
    on students.school_year = grades.school_year
    and students.entity_level = grades.entity_level
    and students.cds_code = grades.cds_code
    and students.student_key = grades.student_key
