{{ config(alias='published_chronic_absence') }}
select
    school_year,
    entity_level,
    cds_code,
    entity_name,
    reporting_category,
    eligible_enrollment,
    chronic_count,
    chronic_rate,
    suppression_reason
from {{ ref('published_chronic_absence') }}
where
    -- schools carry their own charter and DASS marks; of the others only the rows for all of them
    entity_level = 'school'
    or (charter = 'All' and dass = 'All')
