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

{{ public_limits(['largest_hidden_group', 'narrowest_bounds']) }},

counts as (

    select * from {{ ref('int_suppressed_counts') }}

),

marked as (

    select
        outcomes.*,
        limits.largest_hidden_group + limits.narrowest_bounds as most_told_small,
        -- said of both: of few measured "complement" would say that they are more than ten
        case
            when measured.suppression_reason = 'small_group' then 'small_group'
            else coalesce(had.suppression_reason, measured.suppression_reason)
        end as suppression_reason,
        -- both sides of a comparison are groups of students
        alike.part is not null and compared.part is not null as has_comparison,
        case
            -- said of either side, and whatever else the mart finds lacking
            when 'small_group' in (alike.suppression_reason, compared.suppression_reason) then 'small_group'
            -- what the mart does not tell for another reason is hidden from nobody
            when outcomes.matched_hidden_because is null
                then coalesce(alike.suppression_reason, compared.suppression_reason)
        end as matched_suppression_reason
    from outcomes
    cross join limits
    {% for name, topic in [
        ('had', 'intervention'), ('measured', 'measured'), ('alike', 'matched'), ('compared', 'comparison')
    ] %}
        left join counts as {{ name }}
            on outcomes.school_year = {{ name }}.school_year
            and outcomes.entity_level = {{ name }}.entity_level
            and outcomes.cds_code = {{ name }}.cds_code
            and {{ name }}.topic = '{{ topic }}'
            and outcomes.type_code = {{ name }}.part
    {% endfor %}

),

shown as (

    select
        *,
        suppression_reason is null as shows_students,
        suppression_reason is null
        and has_comparison
        and matched_hidden_because is null
        and matched_suppression_reason is null as shows_matched
    from marked

)

select
    school_year,
    entity_level,
    cds_code,
    type_code,
    type_name,
    figure_kind,
    case when shows_students then students end as students,
    case when shows_students then students_measured end as students_measured,
    case when shows_students then rate_before end as rate_before,
    case when shows_students then rate_after end as rate_after,
    case when shows_students then change end as change,
    case when shows_matched then students_matched end as students_matched,
    case when shows_matched then comparison_students end as comparison_students,
    cast(case when shows_matched then round(matched_difference, 1) end as decimal(5, 1)) as matched_difference,
    cast(case when shows_matched then round(matched_lower, 1) end as decimal(5, 1)) as matched_lower,
    cast(case when shows_matched then round(matched_upper, 1) end as decimal(5, 1)) as matched_upper,
    suppression_reason,
    -- with the students the comparison is hidden too
    case
        when suppression_reason is not null then suppression_reason
        -- "complement" says more than ten: of few measured, that would be as good as the number
        when matched_suppression_reason is not null and students_measured <= most_told_small then 'small_group'
        else matched_suppression_reason
    end as matched_suppression_reason
from shown
