{{ config(alias='chronic_absence') }}
with

absence as (

    select * from {{ ref('chronic_absence') }}

),

hidden as (

    select * from {{ ref('int_suppressed_cells') }}

)

select
    absence.school_year,
    absence.entity_level,
    absence.cds_code,
    absence.reporting_category,
    case when hidden.suppression_reason is null then absence.eligible_enrollment end as eligible_enrollment,
    case when hidden.suppression_reason is null then absence.chronic_count end as chronic_count,
    case when hidden.suppression_reason is null then absence.chronic_rate end as chronic_rate,
    hidden.suppression_reason,
    absence.submission_status
from absence
-- only families whose suppression is designed
inner join {{ ref('open_reporting_categories') }} as open_categories
    on absence.reporting_category = open_categories.reporting_category
left join hidden
    on absence.school_year = hidden.school_year
    and absence.entity_level = hidden.entity_level
    and absence.cds_code = hidden.cds_code
    and absence.reporting_category = hidden.reporting_category
