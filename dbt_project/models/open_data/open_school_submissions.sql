{{ config(alias='school_submissions') }}
select
    school_submissions.school_year,
    school_submissions.cds_code,
    entities.entity_name,
    school_submissions.district_cds_code,
    entities.district_name,
    systems.system_name,
    school_submissions.has_roster,
    school_submissions.attendance_source,
    school_submissions.submission_status,
    school_submissions.complete_through,
    school_submissions.school_days_so_far,
    school_submissions.days_without_a_row,
    school_submissions.longest_gap_school_days,
    school_submissions.school_days_silent,
    school_submissions.silent_since,
    school_submissions.is_silent,
    thresholds.days as silent_after_school_days,
    school_submissions.as_of_date
from {{ ref('school_submissions') }} as school_submissions
inner join {{ ref('dim_entities') }} as entities on school_submissions.cds_code = entities.cds_code
inner join {{ ref('submission_thresholds') }} as thresholds on thresholds.applies_to = 'school'
left join {{ ref('source_systems') }} as systems on school_submissions.system = systems.source
