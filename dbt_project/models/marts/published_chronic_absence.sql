with

published as (

    select * from {{ ref('stg_cde__chronic_absenteeism') }}

)

select
    school_year,
    entity_level,
    county_code || coalesce(district_code, '00000') || coalesce(school_code, '0000000') as cds_code,
    county_code,
    district_code,
    school_code,
    entity_name,
    charter,
    dass,
    reporting_category,
    eligible_enrollment,
    chronic_count,
    chronic_rate,
    case when eligible_enrollment is null then 'suppressed_by_cde' end as suppression_reason
from published
