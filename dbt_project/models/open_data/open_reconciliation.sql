{{ config(alias='reconciliation') }}
-- Whether our days and counts are those that districts certified and the state published. Where one to ten students
-- differ, or agree, nothing is told; nothing either of an LEA whose own count is hidden, since "alike" would tell it
-- to whoever has the other. How many are compared is rounded: a charter's would leave those who are not eligible
-- beside its eligible.
with

{{ public_limits(['largest_hidden_group', 'none_hidden_under', 'rounded_to']) }},

counts as (

    select * from {{ ref('int_suppressed_counts') }}
    where topic = 'group'

),

compared as (

    select
        figures.*,
        checks.sort_order,
        checks.measure in ('days_expected', 'days_absent') as is_of_students,
        checks.measure = 'chronic_count' as is_of_chronic,
        leas.cds_code,
        case when substr(leas.cds_code, 8, 7) = '0000000' then 'district' else 'school' end as entity_level,
        case when checks.record_source = 'dashboard' then 'GRTK8' else 'TA' end as part
    from {{ ref('reconciliation') }} as figures
    inner join {{ ref('reconciliation_checks') }} as checks on figures.check_code = checks.check_code
    inner join {{ ref('stg_registry__leas') }} as leas on figures.lea_code = leas.lea_code

),

judged as (

    select
        compared.*,
        case
            when counts.part is null or counts.suppression_reason is not null then false
            when compared.is_of_chronic then not counts.hides_chronic
            when not compared.is_of_students then true
            when compared.compared < limits.none_hidden_under then false
            when compared.differing between 1 and limits.largest_hidden_group then false
            else not compared.agreeing between 1 and limits.largest_hidden_group
        end as is_told,
        case
            when compared.is_of_students then {{ to_nearest_step('compared.compared') }} else compared.compared
        end as compared_about
    from compared
    cross join limits
    left join counts
        on compared.school_year = counts.school_year
        and compared.entity_level = counts.entity_level
        and compared.cds_code = counts.cds_code
        and compared.part = counts.part

)

select
    school_year,
    lea_code,
    cds_code,
    entity_level,
    check_code,
    check_name,
    cast(sort_order as integer) as sort_order,
    case when is_of_students then 'students' else 'counts' end as compared_unit,
    case when is_told then compared_about end as compared,
    case when is_told then differing end as differing,
    case when is_told then agreement_rate end as agreement_rate,
    case when not is_told then 'small_group' end as suppression_reason
from judged
