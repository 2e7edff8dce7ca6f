{{ config(alias='absence_by_reason') }}
{%- set figures = [
    'eligible_enrollment', 'days_absent', 'days_excused', 'days_unexcused', 'days_out_of_school_suspension',
    'days_non_ada_independent_study', 'percent_excused', 'percent_unexcused', 'percent_out_of_school_suspension',
    'percent_non_ada_independent_study'
] %}
select
    reasons.school_year,
    reasons.entity_level,
    reasons.cds_code,
    {% for figure in figures %}
        case when counts.suppression_reason is null then reasons.{{ figure }} end as {{ figure }},
    {% endfor %}
    counts.suppression_reason
from {{ ref('absence_by_reason') }} as reasons
inner join {{ ref('int_suppressed_counts') }} as counts
    on reasons.school_year = counts.school_year
    and reasons.entity_level = counts.entity_level
    and reasons.cds_code = counts.cds_code
    and counts.topic = 'group'
    and counts.part = 'TA'
-- reasons of groups stay in the building: of a few students, a day of suspension is somebody's
where reasons.reporting_category = 'TA'
