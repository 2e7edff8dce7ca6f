with

results as (

    select * from {{ ref('stg_chks__results') }}

),

indicators as (

    select * from {{ ref('climate_indicators') }}

),

placed as (

    -- the code itself says what it is: trailing zeros stand for what does not apply
    select
        *,
        case
            when substr(cds_code, 3, 12) = '000000000000' then 'county'
            when substr(cds_code, 8, 7) = '0000000' then 'district'
            else 'school'
        end as entity_level
    from results

),

absence as (

    -- a survey names no student: it meets attendance at the entity, never at a child
    select *
    from {{ ref('chronic_absence') }}
    where reporting_category = 'TA'

)

select
    placed.school_year,
    placed.entity_level,
    placed.cds_code,
    {{ codes_of('placed.entity_level', 'placed.cds_code') }},
    placed.grade,
    placed.respondent_group,
    placed.indicator_code,
    coalesce(indicators.indicator_name, placed.indicator_code) as indicator_name,
    indicators.indicator_domain,
    placed.respondents,
    placed.enrolled,
    placed.value_percent,
    absence.eligible_enrollment,
    absence.chronic_count,
    absence.chronic_rate
from placed
left join indicators on placed.indicator_code = indicators.indicator_code
left join absence
    on placed.school_year = absence.school_year
    and placed.cds_code = absence.cds_code
