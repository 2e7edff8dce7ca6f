with

records as (

    select * from {{ source('calpads', 'sela') }}

)

select
    school_year,
    sender as lea_code,
    school_of_attendance as school_code,
    ssid_key as student_key,
    elas_code,
    elas_start_date as first_date,
    primary_language_code
from records
where
    -- a D record withdraws what was posted before; a full extract simply lacks it
    coalesce(transaction_type, '') <> 'D'
