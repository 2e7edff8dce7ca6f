{{ config(alias='goals') }}
-- The goals of districts and schools for all students, beside where they stand: told where the figure itself is public
-- (int_goals_told). A goal is what an LEA has set itself and published in its plans. Goals of groups are counted in
-- open_data.goal_counts.
with

goals as (

    select
        goals.*,
        told.is_told
    from {{ ref('goals') }} as goals
    inner join {{ ref('int_goals_told') }} as told
        on goals.goal_key = told.goal_key
        and goals.reporting_category = told.reporting_category
        and goals.measure_code = told.measure_code
        and goals.school_year = told.school_year
    where goals.reporting_category = 'TA'

)

select
    school_year,
    entity_level,
    cds_code,
    substr(cds_code, 1, 7) || '0000000' as district_cds_code,
    goal_key,
    goal_kind,
    goal_kind_name,
    measure_code,
    measure_name,
    unit,
    better,
    baseline_school_year,
    baseline_value,
    target_value,
    case when is_told then value_school_year end as value_school_year,
    case when is_told then last_value end as last_value,
    case when is_told then year_value end as year_value,
    case when is_told then needed_per_year end as needed_per_year,
    case when is_told then progress_percent end as progress_percent,
    case when is_told then line_percent end as line_percent,
    case when is_told then goal_status end as goal_status,
    case when is_told then status_name end as status_name,
    case when is_told then no_value_reason end as no_value_reason,
    case when not is_told then 'small_group' end as suppression_reason
from goals
