-- Report 14.2: the year's days as STAS has them, for an LEA that sends the report instead of the file.
with

records as (

    select * from {{ source('calpads', 'report_14_2') }}

)

select
    school_year,
    sender as lea_code,
    school_of_attendance as school_code,
    ssid_key as student_key,
    days_expected,
    days_attended_in_person,
    days_out_of_school_suspension,
    days_in_school_suspension,
    days_excused,
    days_unexcused,
    days_non_ada_independent_study,
    days_ada_independent_study,
    days_absent
from records
