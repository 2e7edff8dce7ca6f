-- Where students were who were in several districts in one year, and when: what a district may know of them ends with
-- the student's time there. Everybody else was in one, and has no row.
with

spans as (

    -- at the county no two spans of a student overlap
    select
        school_year,
        student_key,
        school_code,
        first_date,
        last_date
    from {{ ref('int_entity_stints') }}
    where entity_level = 'county' and not is_only

),

districts as (

    -- one row per school: a charter that changed its LEA is in the registry twice
    select
        schools.school_code,
        max(entities.cds_code) as district_cds_code
    from {{ ref('int_school_entities') }} as schools
    inner join {{ ref('int_school_entities') }} as entities
        on schools.lea_code = entities.lea_code
        and schools.school_code = entities.school_code
    where schools.entity_level = 'school' and entities.entity_level = 'district'
    group by schools.school_code

),

placed as (

    select
        spans.school_year,
        spans.student_key,
        districts.district_cds_code,
        spans.first_date,
        spans.last_date,
        min(districts.district_cds_code) over students_in_year as first_code,
        max(districts.district_cds_code) over students_in_year as last_code
    from spans
    inner join districts on spans.school_code = districts.school_code
    window students_in_year as (partition by spans.school_year, spans.student_key)

)

select
    school_year,
    student_key,
    district_cds_code,
    first_date,
    last_date
from placed
where first_code <> last_code
