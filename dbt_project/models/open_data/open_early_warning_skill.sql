{{ config(alias='early_warning_skill') }}
-- How well the probabilities of early warning tell who ends the year chronically absent: measures of the whole
-- county, in the months of which open_data.early_warning_calibration tells. Counts are rounded as there.
with

{{ public_limits(['rounded_to']) }},

county as (

    select county_code || '000000000000' as cds_code
    from {{ ref('stg_registry__county') }}

),

told as (

    -- one row per month that is told
    select distinct
        school_year,
        school_month
    from {{ ref('open_early_warning_calibration') }}

)

select
    skill.school_year,
    county.cds_code,
    skill.school_month,
    {{ to_nearest_step('skill.students') }} as students,
    {{ to_nearest_step('skill.students_chronic') }} as students_chronic,
    skill.ordered_pairs,
    skill.ordered_pairs_by_last_year,
    skill.lead_in_pairs,
    skill.squared_error,
    skill.squared_error_by_last_year
from {{ ref('early_warning_skill') }} as skill
inner join told
    on skill.school_year = told.school_year
    and skill.school_month = told.school_month
cross join county
cross join limits
