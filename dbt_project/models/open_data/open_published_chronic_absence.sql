{{ config(alias='published_chronic_absence') }}
-- What pages set beside our own figures, and no more: the state's file tells of schools what open_data hides.
with

published as (

    select *
    from {{ ref('published_chronic_absence') }}
    where
        charter = 'All'
        and dass = 'All'
        and (entity_level in ('state', 'county') or (entity_level = 'district' and reporting_category = 'TA'))

),

ours as (

    select * from {{ ref('open_chronic_absence') }}

),

marked as (

    select
        published.*,
        -- the two counts are of the same students, and nearly equal
        coalesce(published.suppression_reason, ours.suppression_reason) as hidden_for
    from published
    left join ours
        on published.school_year = ours.school_year
        and published.entity_level = ours.entity_level
        and published.cds_code = ours.cds_code
        and published.reporting_category = ours.reporting_category

)

select
    school_year,
    entity_level,
    cds_code,
    entity_name,
    reporting_category,
    case when hidden_for is null then eligible_enrollment end as eligible_enrollment,
    case when hidden_for is null then chronic_count end as chronic_count,
    case when hidden_for is null then chronic_rate end as chronic_rate,
    hidden_for as suppression_reason
from marked
