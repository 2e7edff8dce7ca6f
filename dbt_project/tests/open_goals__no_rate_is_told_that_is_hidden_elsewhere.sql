-- A goal of all students tells their rate only where open_data.chronic_absence does.
select
    goals.goal_key,
    goals.cds_code,
    goals.value_school_year
from {{ ref('open_goals') }} as goals
left join {{ ref('open_chronic_absence') }} as shown
    on goals.value_school_year = shown.school_year
    and goals.entity_level = shown.entity_level
    and goals.cds_code = shown.cds_code
    and shown.reporting_category = 'TA'
where
    goals.measure_code in ('chronic_absence_rate', 'attendance_rate', 'average_days_absent')
    and goals.last_value is not null
    and (
        shown.eligible_enrollment is null
        or (goals.measure_code = 'chronic_absence_rate' and shown.chronic_rate is null)
    )
