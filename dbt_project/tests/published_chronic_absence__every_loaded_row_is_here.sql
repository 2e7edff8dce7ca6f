-- Tests: no published row is lost on the way to the mart. Matters when: CDE adds an aggregate level.
-- To resolve: name the new level in stg_cde__chronic_absenteeism.
with

loaded as (

    select count(*) as rows_found
    from {{ source('cde', 'chronic_absenteeism') }}

),

shown as (

    select count(*) as rows_found
    from {{ ref('published_chronic_absence') }}

)

select
    loaded.rows_found as rows_loaded,
    shown.rows_found as rows_shown
from loaded
cross join shown
where loaded.rows_found <> shown.rows_found
