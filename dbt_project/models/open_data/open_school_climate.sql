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

threshold as (

    select value as largest_hidden_group
    from {{ ref('suppression_thresholds') }}
    where rule = 'largest_hidden_group'

)

select
    climate.school_year,
    climate.entity_level,
    climate.cds_code,
    entities.entity_name,
    climate.grade,
    climate.indicator_code,
    climate.indicator_name,
    case when climate.respondents > threshold.largest_hidden_group then climate.respondents end as respondents,
    case when climate.respondents > threshold.largest_hidden_group then climate.value_percent end as value_pct,
    absence.eligible_enrollment,
    absence.chronic_rate,
    case when climate.respondents <= threshold.largest_hidden_group then 'small_group' end as suppression_reason
from climate
inner join entities on climate.cds_code = entities.cds_code
left join absence
    on climate.school_year = absence.school_year
    and climate.cds_code = absence.cds_code
cross join threshold
