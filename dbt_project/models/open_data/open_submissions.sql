{{ config(alias='submissions') }}
select
    school_year,
    entity_level,
    cds_code,
    schools_enrolling,
    schools_submitted,
    schools_silent,
    school_days_silent,
    days_without_a_row,
    complete_through,
    latest_complete_through
from {{ ref('submissions') }}
