-- Race, gender and ZIP code as the latest record of the year at the entity says; grade and kind of school as the latest
-- stint says.
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
        records.residential_zip,
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
        described.residential_zip,
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
        race_category,
        residential_zip
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
        described.race_category,
        described.residential_zip
    from students
    inner join described
        on students.school_year = described.school_year
        and students.student_key = described.student_key
    where described.records_in_year = 1

),

schools as (

    -- one row per school: a charter that changed its LEA is in the registry twice
    select
        school_code,
        max(cast(is_charter as string)) as is_charter,
        max(cast(is_dass as string)) as is_dass,
        max(school_level) as school_level
    from {{ ref('stg_registry__schools') }}
    group by school_code

),

kinds_of_school as (

    select
        schools.school_code,
        charters.reporting_category as charter_category,
        dass.reporting_category as dass_category,
        types.reporting_category as school_type_category
    from schools
    left join {{ ref('school_groups') }} as charters
        on schools.is_charter = charters.trait_value
        and charters.school_trait = 'charter'
    left join {{ ref('school_groups') }} as dass
        on schools.is_dass = dass.trait_value
        and dass.school_trait = 'dass'
    left join {{ ref('school_groups') }} as types
        on schools.school_level = types.trait_value
        and types.school_trait = 'level'

),

last_stints as (

    select
        stints.school_year,
        stints.entity_level,
        stints.cds_code,
        stints.student_key,
        stints.grade,
        kinds_of_school.charter_category,
        kinds_of_school.dass_category,
        kinds_of_school.school_type_category
    from {{ ref('int_entity_stints') }} as stints
    left join kinds_of_school on stints.school_code = kinds_of_school.school_code
    where stints.is_latest

)

select
    students.school_year,
    students.entity_level,
    students.cds_code,
    students.student_key,
    last_stints.grade,
    coalesce(latest.race_category, 'RD') as race_category,
    coalesce(latest.gender_category, 'GZ') as gender_category,
    -- a school is of one kind, and has no students of the other
    case when students.entity_level <> 'school' then coalesce(last_stints.charter_category, 'CHZ') end
        as charter_category,
    case when students.entity_level <> 'school' then coalesce(last_stints.dass_category, 'DAZ') end as dass_category,
    case when students.entity_level <> 'school' then coalesce(last_stints.school_type_category, 'ALZ') end
        as school_type_category,
    latest.residential_zip
from students
left join latest
    on students.school_year = latest.school_year
    and students.entity_level = latest.entity_level
    and students.cds_code = latest.cds_code
    and students.student_key = latest.student_key
left join last_stints
    on students.school_year = last_stints.school_year
    and students.entity_level = last_stints.entity_level
    and students.cds_code = last_stints.cds_code
    and students.student_key = last_stints.student_key
