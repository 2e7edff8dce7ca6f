with

published as (

    select * from {{ ref('stg_cde__chronic_absenteeism') }}

),

county as (

    select * from {{ ref('stg_registry__county') }}

)

select
    published.school_year,
    published.entity_level,
    published.county_code
    || coalesce(published.district_code, '00000')
    || coalesce(published.school_code, '0000000') as cds_code,
    published.county_code,
    published.district_code,
    published.school_code,
    published.entity_name,
    published.charter,
    published.dass,
    published.reporting_category,
    published.eligible_enrollment,
    published.chronic_count,
    published.chronic_rate,
    case when published.eligible_enrollment is null then 'suppressed_by_cde' end as suppression_reason
from published
inner join county
    -- the files are of all California: ours, and the state beside which it is read
    on published.county_code = county.county_code or published.entity_level = 'state'
