with

schools as (

    select * from {{ source('registry', 'schools') }}

)

select
    lea_code,
    district_code || school_code as cds_code,
    district_code || '0000000' as district_cds_code,
    district_name,
    school_code,
    school_number,
    school_name,
    school_level,
    is_charter,
    is_dass,
    instructional_periods
from schools
