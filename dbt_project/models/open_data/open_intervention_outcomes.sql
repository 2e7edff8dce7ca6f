{{ config(alias='intervention_outcomes') }}
with

outcomes as (

    select *
    from {{ ref('intervention_outcomes') }}
    where
        entity_level in ('county', 'district')
        -- parts of the whole are for staff: beside the whole they would give small groups away
        and tier = 'all'
        and term = 'all'
        and reporting_category = 'TA'

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
        outcomes.students_measured <= threshold.largest_hidden_group as hides_rates,
        -- both sides of a comparison are groups of students
        outcomes.matched_hidden_because is null
        and outcomes.students_measured > threshold.largest_hidden_group
        and outcomes.students_matched > threshold.largest_hidden_group
        and outcomes.comparison_students > threshold.largest_hidden_group as shows_matched
    from outcomes
    cross join threshold

)

select
    school_year,
    entity_level,
    cds_code,
    type_code,
    type_name,
    figure_kind,
    case when not hides_students then students end as students,
    case when not hides_rates then students_measured end as students_measured,
    case when not hides_rates then rate_before end as rate_before,
    case when not hides_rates then rate_after end as rate_after,
    case when not hides_rates then change end as change,
    case when shows_matched then students_matched end as students_matched,
    case when shows_matched then comparison_students end as comparison_students,
    cast(case when shows_matched then round(matched_difference, 1) end as decimal(5, 1)) as matched_difference,
    cast(case when shows_matched then round(matched_lower, 1) end as decimal(5, 1)) as matched_lower,
    cast(case when shows_matched then round(matched_upper, 1) end as decimal(5, 1)) as matched_upper,
    case when hides_students or hides_rates then 'small_group' end as suppression_reason
from marked
