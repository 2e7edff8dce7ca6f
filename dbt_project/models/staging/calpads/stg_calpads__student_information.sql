with

records as (

    select * from {{ source('calpads', 'sinf') }}

)

select
    school_year,
    sender as lea_code,
    school_of_attendance as school_code,
    ssid_key as student_key,
    effective_start_date as first_date,
    effective_end_date as last_date,
    gender,
    is_hispanic = 'Y' as is_hispanic,
    race_1,
    race_2,
    race_3,
    race_4,
    race_5,
    parent_education_level,
    residential_zip
from records
where
    -- a D record withdraws what was posted before; a full extract simply lacks it
    coalesce(transaction_type, '') <> 'D'
