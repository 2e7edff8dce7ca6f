-- Report 8.1: the roll-ups that CALPADS itself made for the year.
with

records as (

    select * from {{ source('calpads', 'report_8_1') }}

)

select
    school_year,
    sender as lea_code,
    school_of_attendance as school_code,
    ssid_key as student_key,
    enrollment_start_date as first_date,
    gender,
    lower(ethnicity_race) as race_name,
    elas_code,
    elas_start_date as elas_first_date,
    has_disability = 'Y' as has_disability,
    is_disadvantaged = 'Y' as is_disadvantaged,
    is_homeless = 'Y' as is_homeless,
    is_migrant = 'Y' as is_migrant,
    is_foster = 'Y' as is_foster
from records
