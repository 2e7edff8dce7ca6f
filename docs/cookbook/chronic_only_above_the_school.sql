-- question: How many students are chronically absent in the district, and at none of its schools?
-- asked_by: district analyst
-- columns: district_name, chronic_in_the_district, chronic_at_no_school
-- mind:
--   - They moved. At each school they were expected too briefly, or missed less than a tenth; over the district they
--     missed a tenth.
--   - They are why the schools' counts do not add up to the district's.
with

districts as (

    select school_year, county_code, district_code, cds_code, student_key
    from marts.student_attendance
    where entity_level = 'district' and is_chronically_absent

),

schools as (

    -- distinct: a student may be chronically absent at several schools of a district
    select distinct school_year, county_code, district_code, student_key
    from marts.student_attendance
    where entity_level = 'school' and is_chronically_absent

)

select
    entities.entity_name as district_name,
    count(*) as chronic_in_the_district,
    count_if(schools.student_key is null) as chronic_at_no_school
from districts
left join schools using (school_year, county_code, district_code, student_key)
inner join marts.dim_entities as entities
    on districts.cds_code = entities.cds_code
    and entities.entity_level = 'district'
where districts.school_year = (select max(school_year) from marts.student_attendance)
group by entities.entity_name, districts.cds_code
order by chronic_at_no_school desc
