with

goals as (

    select * from {{ source('goals', 'goals') }}

)

select
    goals.school_year,
    goals.sender as lea_code,
    {{ key_of(['goals.sender', 'goals.goal_id']) }} as goal_key,
    case when goals.school_code is null then 'district' else 'school' end as entity_level,
    goals.school_code,
    goals.goal_kind,
    kinds.meaning as goal_kind_name,
    goals.reporting_category,
    goals.measure_code,
    measures.measure_name,
    measures.unit,
    measures.better,
    goals.baseline_school_year,
    goals.baseline_value,
    goals.target_value,
    goals.adopted_date,
    goals.updated_at
from goals
left join {{ ref('intake_codes') }} as kinds
    on kinds.code_set = 'goal_kind'
    and goals.goal_kind = kinds.code
left join {{ ref('goal_measures') }} as measures on goals.measure_code = measures.measure_code
