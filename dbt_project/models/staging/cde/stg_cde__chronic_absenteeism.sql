with

published as (

    select * from {{ source('cde', 'chronic_absenteeism') }}

)

select
    school_year,
    case
        when aggregate_level = 'T' then 'state'
        when aggregate_level = 'C' then 'county'
        when aggregate_level in ('D', 'D2') then 'district'
        when aggregate_level = 'S' then 'school'
    end as entity_level,
    -- the state's own rows are blank here in some years
    coalesce(county_code, '00') as county_code,
    district_code,
    school_code,
    case aggregate_level
        when 'T' then 'California'
        when 'C' then county_name
        when 'S' then school_name
        else district_name
    end as entity_name,
    -- a blank, or a file without the column, is a row of all schools
    coalesce({{ yes_no_all('charter_school') }}, 'All') as charter,
    coalesce({{ yes_no_all('dass') }}, 'All') as dass,
    reporting_category,
    eligible_enrollment,
    chronic_count,
    chronic_rate
from published
where
    -- until 2017-18 D1 stands beside D2, the districts without their charters; what D1 is, is unconfirmed
    aggregate_level <> 'D1'
