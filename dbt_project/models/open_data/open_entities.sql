{{ config(alias='entities') }}
-- Places and what the state's directory says of them: all of it public.
with

grades as (

    select * from {{ ref('directory_grades') }}

),

spelled as (

    -- K-5, or one grade
    select
        *,
        case when entity_level = 'school' then split_part(grades_served, '-', 1) end as first_grade,
        case
            when entity_level = 'school' and grades_served like '%-%' then split_part(grades_served, '-', 2)
            when entity_level = 'school' then grades_served
        end as last_grade
    from {{ ref('dim_entities') }}

)

select
    spelled.entity_level,
    spelled.cds_code,
    spelled.entity_name,
    spelled.county_code,
    spelled.district_code,
    spelled.school_code,
    spelled.district_cds_code,
    spelled.district_name,
    spelled.school_level,
    spelled.is_charter,
    spelled.is_dass,
    spelled.city,
    spelled.zip_code as zip,
    spelled.latitude,
    spelled.longitude,
    lowest.grade as low_grade,
    highest.grade as high_grade
from spelled
left join grades as lowest on spelled.first_grade = lowest.directory_grade
left join grades as highest on spelled.last_grade = highest.directory_grade
