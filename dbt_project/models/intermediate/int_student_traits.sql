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

    select * from {{ ref('stg_calpads__student_information') }}

),

entities as (

    select * from {{ ref('int_school_entities') }}

),

race_codes as (

    {% for number in range(1, 6) %}
        select
            school_year,
            lea_code,
            school_code,
            student_key,
            first_date,
            substr(race_{{ number }}, 1, 1) as race_prefix
        from records
        where race_{{ number }} is not null
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

races as (

    select
        race_codes.school_year,
        race_codes.lea_code,
        race_codes.school_code,
        race_codes.student_key,
        race_codes.first_date,
        count(distinct groups.reporting_category) as groups_named,
        max(groups.reporting_category) as only_group
    from race_codes
    inner join {{ ref('race_groups') }} as groups on race_codes.race_prefix = groups.race_prefix
    group by
        race_codes.school_year,
        race_codes.lea_code,
        race_codes.school_code,
        race_codes.student_key,
        race_codes.first_date

),

described as (

    select
        records.school_year,
        records.lea_code,
        records.school_code,
        records.student_key,
        records.first_date,
        records.parent_education_level,
        genders.reporting_category as gender_category,
        -- Hispanic first, then several, then the one: federal practice, docs/rules.md A.8
        case
            when records.is_hispanic then 'RH'
            when races.groups_named > 1 then 'RT'
            when races.groups_named = 1 then races.only_group
            else 'RD'
        end as race_category
    from records
    left join races
        on records.school_year = races.school_year
        and records.lea_code = races.lea_code
        and records.school_code = races.school_code
        and records.student_key = races.student_key
        and records.first_date = races.first_date
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

),

grades as (

    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        grade,
        row_number() over (
            partition by school_year, entity_level, cds_code, student_key
            order by first_date desc, entity_stint_key asc
        ) as place
    from {{ ref('int_entity_stints') }}

)

select
    students.school_year,
    students.entity_level,
    students.cds_code,
    students.student_key,
    grades.grade,
    coalesce(ranked.race_category, 'RD') as race_category,
    coalesce(ranked.gender_category, 'GZ') as gender_category
from students
left join ranked
    on students.school_year = ranked.school_year
    and students.entity_level = ranked.entity_level
    and students.cds_code = ranked.cds_code
    and students.student_key = ranked.student_key
    and ranked.place = 1
left join grades
    on students.school_year = grades.school_year
    and students.entity_level = grades.entity_level
    and students.cds_code = grades.cds_code
    and students.student_key = grades.student_key
    and grades.place = 1
