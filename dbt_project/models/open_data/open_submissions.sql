{{ config(alias='submissions') }}
select
    school_year,
    entity_level,
    cds_code,
    schools_enrolling,
    schools_submitted,
    complete_through,
    latest_complete_through
from {{ ref('submissions') }}
