{{ config(alias='accountability') }}
-- The Dashboard's figures computed from ours. What is hidden in one year is hidden beside the next as well.
with

accountability as (

    select * from {{ ref('accountability') }}

),

counts as (

    select * from {{ ref('int_suppressed_counts') }}

),

hidden as (

    -- where all students are in the grades of the Dashboard, its figure is that of all grades
    select
        accountability.school_year,
        accountability.entity_level,
        accountability.cds_code,
        accountability.student_group,
        case
            when own.part is not null then own.suppression_reason
            else same.suppression_reason
        end as suppression_reason,
        case when own.part is not null then own.hides_chronic else same.hides_chronic end as hides_chronic
    from accountability
    inner join counts as same
        on accountability.school_year = same.school_year
        and accountability.entity_level = same.entity_level
        and accountability.cds_code = same.cds_code
        and same.topic = 'group'
        and same.part
        = case when accountability.student_group = 'ALL' then 'GRTK8' else accountability.reporting_category end
    left join counts as own
        on accountability.school_year = own.school_year
        and accountability.entity_level = own.entity_level
        and accountability.cds_code = own.cds_code
        and own.topic = 'dashboard'
        and accountability.student_group = own.part
    -- the groups of a few students through grade 8 are not told of
    where own.part is not null or same.students = accountability.students

),

marked as (

    select
        accountability.*,
        hidden.suppression_reason is null as shows_students,
        not hidden.hides_chronic as shows_chronic,
        coalesce(
            hidden.suppression_reason, case when hidden.hides_chronic then 'all_or_none' end
        ) as suppression_reason,
        a_year_before.suppression_reason is null and a_year_before.student_group is not null as shows_prior_students,
        not a_year_before.hides_chronic as shows_prior_chronic,
        coalesce(
            a_year_before.suppression_reason, case when a_year_before.hides_chronic then 'all_or_none' end
        ) as prior_suppression_reason
    from accountability
    inner join hidden
        on accountability.school_year = hidden.school_year
        and accountability.entity_level = hidden.entity_level
        and accountability.cds_code = hidden.cds_code
        and accountability.student_group = hidden.student_group
    left join hidden as a_year_before
        on {{ year_before('accountability.school_year') }} = a_year_before.school_year
        and accountability.entity_level = a_year_before.entity_level
        and accountability.cds_code = a_year_before.cds_code
        and accountability.student_group = a_year_before.student_group

)

select
    school_year,
    entity_level,
    cds_code,
    student_group,
    group_name,
    case when shows_students then students end as students,
    case when shows_chronic then chronic_count end as chronic_count,
    case when shows_chronic then chronic_rate end as chronic_rate,
    case when shows_prior_students then prior_students end as prior_students,
    case when shows_prior_chronic then prior_chronic_count end as prior_chronic_count,
    case when shows_prior_chronic then prior_chronic_rate end as prior_chronic_rate,
    case when shows_chronic and shows_prior_chronic then rate_change end as rate_change,
    case when shows_chronic then status_level end as status_level,
    case when shows_chronic then status_name end as status_name,
    case when shows_chronic and shows_prior_chronic then change_level end as change_level,
    case when shows_chronic and shows_prior_chronic then change_name end as change_name,
    case when shows_chronic and shows_prior_chronic then color_level end as color_level,
    case when shows_chronic and shows_prior_chronic then color_name end as color_name,
    case when shows_chronic and shows_prior_chronic then better_color_name end as better_color_name,
    case
        when shows_chronic and shows_prior_chronic then students_fewer_for_better_color
    end as students_fewer_for_better_color,
    suppression_reason,
    prior_suppression_reason
from marked
