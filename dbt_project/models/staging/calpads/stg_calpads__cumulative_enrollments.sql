with

records as (

    select * from {{ source('calpads', 'cenr') }}

)

select
    school_year,
    sender as lea_code,
    school_of_attendance as school_code,
    ssid_key as student_key,
    local_student_key,
    grade_level as grade,
    enrollment_status,
    enrollment_start_date as first_date,
    enrollment_exit_date as last_date,
    exit_reason_code,
    gender,
    lower(ethnicity_race) as race_name,
    elas_code
from records
where
    -- a D record withdraws what was posted before; a full extract simply lacks it
    coalesce(transaction_type, '') <> 'D'
