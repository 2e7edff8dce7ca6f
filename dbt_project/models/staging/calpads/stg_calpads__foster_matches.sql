-- Report 5.7: who is in foster care by the state's weekly match, which no LEA submits.
with

records as (

    select * from {{ source('calpads', 'report_5_7') }}

)

select
    school_year,
    sender as lea_code,
    school_of_attendance as school_code,
    ssid_key as student_key,
    foster_start_date as first_date,
    foster_end_date as last_date,
    report_date
from records
