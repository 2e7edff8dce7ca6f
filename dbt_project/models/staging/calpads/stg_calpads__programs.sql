with

records as (

    select * from {{ source('calpads', 'sprg') }}

)

select
    school_year,
    sender as lea_code,
    school_of_attendance as school_code,
    ssid_key as student_key,
    program_code,
    membership_start_date as first_date,
    membership_end_date as last_date,
    dwelling_type
from records
where
    -- a D record withdraws what was posted before; a full extract simply lacks it
    coalesce(transaction_type, '') <> 'D'
