with

directory as (

    select * from {{ source('cde', 'schools') }}

)

select
    school_year,
    cds_code,
    case when substr(cds_code, 8, 7) = '0000000' then 'district' else 'school' end as entity_level,
    coalesce(school_name, district_name) as entity_name,
    district_name,
    status,
    city,
    zip_code,
    {{ date_of('open_date', ['%Y-%m-%d %H:%M:%S', '%Y-%m-%d', '%m/%d/%Y']) }} as open_date,
    closed_date,
    charter = 'Y' as is_charter,
    funding_type,
    district_type,
    school_type,
    option_name,
    instruction_level,
    grades_offered,
    grades_served,
    virtual = 'F' as is_fully_virtual,
    magnet = 'Y' as is_magnet,
    latitude,
    longitude,
    updated_date
from directory
