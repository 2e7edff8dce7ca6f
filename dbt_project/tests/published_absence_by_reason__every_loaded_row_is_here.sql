-- Tests: no published row of our county or of the state is lost on the way to the mart.
-- Matters when: CDE adds an aggregate level.
-- To resolve: name the new level in stg_cde__absenteeism_reason.
with

loaded as (

    select count(*) as rows_found
    from {{ source('cde', 'absenteeism_reason') }} as published
    inner join {{ ref('stg_registry__county') }} as county
        on published.county_code = county.county_code or published.aggregate_level = 'T'
    -- D1 stands beside D2 in the oldest files
    where published.aggregate_level <> 'D1'

),

shown as (

    select count(*) as rows_found
    from {{ ref('published_absence_by_reason') }}

)

select
    loaded.rows_found as rows_loaded,
    shown.rows_found as rows_shown
from loaded
cross join shown
where loaded.rows_found <> shown.rows_found
