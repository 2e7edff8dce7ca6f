{{ config(alias='school_climate') }}
with

climate as (

    select * from {{ ref('school_climate') }}
    where respondent_group = 'all'

),

absence as (

    select * from {{ ref('open_chronic_absence') }}
    where reporting_category = 'TA'

),

entities as (

    select * from {{ ref('dim_entities') }}

),

hidden as (

    -- all answers of a grade, or none: the same students gave them
    select *
    from {{ ref('int_suppressed_counts') }}
    where topic = 'survey'

)

select
    climate.school_year,
    climate.entity_level,
    climate.cds_code,
    entities.entity_name,
    climate.grade,
    climate.indicator_code,
    climate.indicator_name,
    case when hidden.suppression_reason is null then climate.respondents end as respondents,
    case when hidden.suppression_reason is null then climate.value_percent end as value_pct,
    absence.eligible_enrollment,
    absence.chronic_rate,
    hidden.suppression_reason
from climate
inner join entities on climate.cds_code = entities.cds_code
left join absence
    on climate.school_year = absence.school_year
    and climate.cds_code = absence.cds_code
left join hidden
    on climate.school_year = hidden.school_year
    and climate.entity_level = hidden.entity_level
    and climate.cds_code = hidden.cds_code
    and climate.grade = hidden.part
