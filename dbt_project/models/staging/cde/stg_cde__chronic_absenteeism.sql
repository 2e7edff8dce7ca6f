with

published as (

    select * from {{ source('cde', 'chronic_absenteeism') }}

)

select
    school_year,
    case aggregate_level
        when 'T' then 'state'
        when 'C' then 'county'
        when 'D' then 'district'
        when 'S' then 'school'
    end as entity_level,
    county_code,
    district_code,
    school_code,
    case aggregate_level
        when 'T' then 'California'
        when 'C' then county_name
        when 'D' then district_name
        when 'S' then school_name
    end as entity_name,
    charter_school as charter,
    dass,
    reporting_category,
    eligible_enrollment,
    chronic_count,
    chronic_rate
from published
