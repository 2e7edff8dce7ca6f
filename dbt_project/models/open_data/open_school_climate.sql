{{ config(alias='school_climate') }}
with

{{ public_limits(['none_hidden_under']) }},

climate as (

    select
        answers.*,
        -- an answer of all, or of none of a few, says of each what it was; to hide it alone would say so as well
        coalesce(
            bool_or(
                answers.value_percent >= 100
                or (answers.value_percent <= 0 and answers.respondents < limits.none_hidden_under)
            ) over one_grade,
            false
        ) as tells_of_each
    from {{ ref('school_climate') }} as answers
    cross join limits
    where answers.respondent_group = 'all'
    window one_grade as (
        partition by answers.school_year, answers.entity_level, answers.cds_code, answers.grade
    )

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
    case
        when hidden.suppression_reason is null and not climate.tells_of_each then climate.value_percent
    end as value_pct,
    absence.eligible_enrollment,
    absence.chronic_rate,
    coalesce(hidden.suppression_reason, case when climate.tells_of_each then 'all_or_none' end) as suppression_reason
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
