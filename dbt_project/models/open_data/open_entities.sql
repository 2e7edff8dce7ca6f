{{ config(alias='entities') }}
select
    entity_level,
    cds_code,
    entity_name,
    county_code,
    district_code,
    school_code,
    district_cds_code,
    district_name,
    school_level,
    is_charter,
    is_dass
from {{ ref('dim_entities') }}
