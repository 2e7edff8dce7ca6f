with

log as (

    select * from {{ source('interventions', 'log') }}

)

select
    school_year,
    sender as lea_code,
    {{ key_of(['sender', 'intervention_id']) }} as intervention_key,
    school_code,
    local_student_key,
    tier,
    type_code,
    start_date,
    end_date,
    trigger as trigger_reason,
    dosage_count,
    status,
    outcome_code,
    updated_at
from log
