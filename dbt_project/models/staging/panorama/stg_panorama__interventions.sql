-- The same columns as stg_interventions__log, so that both can stand in one list.
with

plans as (

    select * from {{ source('panorama', 'interventions') }}

),

labels as (

    select * from {{ ref('panorama_labels') }}

)

select
    plans.school_year,
    plans.sender as lea_code,
    -- a plan and a row of the log may have the same number
    {{ key_of(['plans.sender', "'panorama'", 'plans.plan_id']) }} as intervention_key,
    plans.school_code,
    plans.local_student_key,
    cast(tiers.code as integer) as tier,
    strategies.code as type_code,
    plans.start_date,
    plans.end_date,
    -- the export does not say what set a plan off
    cast(null as string) as trigger_reason,
    plans.sessions as dosage_count,
    statuses.code as status,
    outcomes.code as outcome_code,
    plans.updated_at,
    plans.focus_area
from plans
left join labels as strategies
    on strategies.field = 'strategy'
    and plans.strategy_label = strategies.label
left join labels as tiers
    on tiers.field = 'tier'
    and plans.tier_label = tiers.label
left join labels as statuses
    on statuses.field = 'status'
    and plans.status_label = statuses.label
left join labels as outcomes
    on outcomes.field = 'outcome'
    and plans.outcome_label = outcomes.label
where
    -- a draft has not begun
    plans.status_label is distinct from 'Draft'
