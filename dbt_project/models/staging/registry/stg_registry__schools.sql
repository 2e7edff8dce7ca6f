with

schools as (

    select * from {{ source('registry', 'schools') }}

)

select
    lea_code,
    school_code,
    school_number,
    school_name,
    school_level,
    is_charter,
    is_dass,
    instructional_periods
from schools
