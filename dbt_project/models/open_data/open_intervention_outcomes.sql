{{ config(alias='intervention_outcomes') }}
with

outcomes as (

    select *
    from {{ ref('intervention_outcomes') }}
    where entity_level in ('county', 'district')

),

threshold as (

    select value as largest_hidden_group
    from {{ ref('suppression_thresholds') }}
    where rule = 'largest_hidden_group'

),

marked as (

    select
        outcomes.*,
        outcomes.students <= threshold.largest_hidden_group as hides_students,
        outcomes.students_measured <= threshold.largest_hidden_group as hides_rates
    from outcomes
    cross join threshold

)

select
    school_year,
    entity_level,
    cds_code,
    type_code,
    type_name,
    case when not hides_students then students end as students,
    case when not hides_rates then students_measured end as students_measured,
    case when not hides_rates then rate_before end as rate_before,
    case when not hides_rates then rate_after end as rate_after,
    case when not hides_rates then change end as change,
    case when hides_students or hides_rates then 'small_group' end as suppression_reason
from marked
