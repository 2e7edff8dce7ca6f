{{ config(alias='chronic_absence_by_grade') }}
select
    by_grade.school_year,
    by_grade.entity_level,
    by_grade.cds_code,
    by_grade.grade,
    by_grade.grade_span,
    case when counts.suppression_reason is null then by_grade.eligible_enrollment end as eligible_enrollment,
    case when not counts.hides_chronic then by_grade.chronic_count end as chronic_count,
    case when not counts.hides_chronic then by_grade.chronic_rate end as chronic_rate,
    coalesce(counts.suppression_reason, case when counts.hides_chronic then 'all_or_none' end) as suppression_reason
from {{ ref('chronic_absence_by_grade') }} as by_grade
inner join {{ ref('int_suppressed_counts') }} as counts
    on by_grade.school_year = counts.school_year
    and by_grade.entity_level = counts.entity_level
    and by_grade.cds_code = counts.cds_code
    and counts.topic = 'grade'
    and by_grade.grade = counts.part
-- groups within a grade stay in the building
where by_grade.reporting_category = 'TA'
