with

records as (

    select * from {{ source('calpads', 'stas') }}

)

select
    school_year,
    sender as lea_code,
    school_of_attendance as school_code,
    ssid_key as student_key,
    coalesce(is_exempt = 'Y', false) as is_exempt,
    coalesce(is_hourly = 'Y', false) as is_hourly,
    days_expected,
    days_attended_in_person,
    days_out_of_school_suspension,
    days_in_school_suspension,
    days_excused,
    days_unexcused,
    days_non_ada_independent_study,
    days_ada_independent_study,
    attendance_recovery_days
from records
where
    -- a D record withdraws what was posted before; a full extract simply lacks it
    coalesce(transaction_type, '') <> 'D'
