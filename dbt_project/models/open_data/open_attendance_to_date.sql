{{ config(alias='attendance_to_date') }}
select
    to_date.school_year,
    to_date.entity_level,
    to_date.cds_code,
    to_date.school_month,
    to_date.as_of_date,
    to_date.is_complete,
    case when counts.suppression_reason is null then to_date.eligible_enrollment end as eligible_enrollment,
    case when not counts.hides_chronic then to_date.chronic_count end as chronic_count,
    case when not counts.hides_chronic then to_date.chronic_rate end as chronic_rate,
    case when counts.suppression_reason is null then to_date.days_expected end as days_expected,
    case when counts.suppression_reason is null then to_date.days_absent end as days_absent,
    case when counts.suppression_reason is null then to_date.attendance_rate end as attendance_rate,
    coalesce(counts.suppression_reason, case when counts.hides_chronic then 'all_or_none' end) as suppression_reason
from {{ ref('attendance_to_date') }} as to_date
inner join {{ ref('int_suppressed_counts') }} as counts
    on to_date.school_year = counts.school_year
    and to_date.entity_level = counts.entity_level
    and to_date.cds_code = counts.cds_code
    and counts.topic = 'month'
    and cast(to_date.school_month as string) = counts.part
-- groups by month stay in the building
where to_date.reporting_category = 'TA'
