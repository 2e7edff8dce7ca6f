with

published as (

    select * from {{ source('cde', 'pupil_counts_schools') }}

)

select
    school_year,
    county_code || district_code || school_code as cds_code,
    school_name as entity_name,
    {{ yes_no_all('charter_school') }} = 'Yes' as is_charter,
    independent_charter = 'Y' as is_independent_charter,
    low_grade,
    high_grade,
    total_enrollment,
    meal_program,
    foster,
    tribal_foster,
    homeless,
    migrant,
    direct_certification,
    meal_eligible,
    english_learners,
    unduplicated_count,
    -- CDE writes a sentence where it expected a school and has nothing of it
    certification = 'Y' as is_certified
from published
