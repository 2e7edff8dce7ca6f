-- One row per intervention: whom it reached, where the student stood when it began, and what followed. For staff.
{% set lengths = [30, 60, 90] %}
with

interventions as (

    select * from {{ ref('int_interventions') }}

),

students as (

    select * from {{ ref('int_intervention_students') }}

),

schools as (

    select *
    from {{ ref('int_school_entities') }}
    where entity_level = 'school'

),

districts as (

    -- one row per LEA: a charter's own belongs to the district that authorised it
    select
        lea_code,
        max(cds_code) as cds_code
    from {{ ref('int_school_entities') }}
    where entity_level = 'district'
    group by lea_code

),

elsewhere as (

    -- of students who were at another district too that year: the days there that are nearest to the intervention
    select
        students.intervention_key,
        students.start_date,
        max(case when spans.first_date < students.start_date then least(spans.last_date, students.start_date) end)
            as last_date_before,
        min(case when spans.last_date > students.start_date then greatest(spans.first_date, students.start_date) end)
            as first_date_after
    from students
    inner join districts on students.lea_code = districts.lea_code
    inner join {{ ref('int_district_spans') }} as spans
        on students.school_year = spans.school_year
        and students.student_key = spans.student_key
        and districts.cds_code <> spans.district_cds_code
    group by students.intervention_key, students.start_date

),

own_windows as (

    -- a window in which the student was at another district tells of days there, which are not this one's to know
    select windows.*
    from {{ ref('int_intervention_windows') }} as windows
    left join elsewhere on windows.intervention_key = elsewhere.intervention_key
    where
        not coalesce(
            case windows.side
                when 'before'
                    then
                        elsewhere.last_date_before
                        >= {{ days_after('elsewhere.start_date', '-windows.window_days') }}
                when 'after'
                    then
                        elsewhere.first_date_after
                        <= {{ days_after('elsewhere.start_date', 'windows.window_days') }}
                else elsewhere.last_date_before is not null
            end,
            false
        )

),

windows as (

    select
        intervention_key,
        {% for side in ['before', 'after'] %}
            {% for days in lengths %}
                max(case when side = '{{ side }}' and window_days = {{ days }} then days_expected end)
                    as days_expected_{{ side }}_{{ days }},
                max(case when side = '{{ side }}' and window_days = {{ days }} then days_absent end)
                    as days_absent_{{ side }}_{{ days }},
                bool_or(has_enough_days and is_over and side = '{{ side }}' and window_days = {{ days }})
                    as is_complete_{{ side }}_{{ days }},
            {% endfor %}
        {% endfor %}
        max(case when side = 'so_far' and has_enough_days then days_expected end) as days_expected_so_far,
        max(case when side = 'so_far' and has_enough_days then days_absent end) as days_absent_so_far
    from own_windows
    group by intervention_key

),

concurrent as (

    -- another intervention of the LEA for the same student begins in the compared window of this one, before or after
    select distinct one.intervention_key
    from students as one
    inner join students as other
        on one.school_year = other.school_year
        and one.student_key = other.student_key
        and one.lea_code = other.lea_code
        and one.intervention_key <> other.intervention_key
    inner join {{ ref('intervention_windows') }} as lengths on lengths.is_compared
    where
        other.start_date >= {{ days_after('one.start_date', '-lengths.window_days') }}
        and other.start_date <= {{ days_after('one.start_date', 'lengths.window_days') }}

),

definition as (

    select threshold_percent
    from {{ ref('attendance_definitions') }}
    where is_published

),

in_the_end as (

    select
        school_year,
        cds_code,
        student_key,
        is_chronically_absent
    from {{ ref('int_chronic_absence_rule') }}
    where entity_level = 'district'

),

finished as (

    -- schools whose year is over: before that nobody is chronically absent in the end
    select
        school_days.school_year,
        school_days.lea_code,
        school_days.school_code
    from {{ ref('int_submission_days') }} as school_days
    cross join {{ ref('int_as_of') }} as as_of
    where school_days.last_school_day <= as_of.as_of_date

)

select
    interventions.school_year,
    interventions.intervention_key,
    interventions.lea_code,
    {{ codes_of("'school'", 'schools.cds_code') }},
    students.student_key,
    interventions.type_code,
    coalesce(types.type_name, interventions.type_code) as type_name,
    cast(interventions.tier as integer) as tier,
    students.term,
    interventions.trigger_reason,
    interventions.start_date,
    interventions.end_date,
    cast(interventions.dosage_count as integer) as dosage_count,
    interventions.status,
    interventions.outcome_code,
    interventions.source_system,
    concurrent.intervention_key is not null as is_concurrent,
    cast(windows.days_expected_so_far as integer) as days_expected_so_far,
    cast(windows.days_absent_so_far as integer) as days_absent_so_far,
    {{ percent('windows.days_absent_so_far', 'windows.days_expected_so_far') }} as absence_rate_so_far,
    cast(tiers.tier as integer) as tier_at_start,
    windows.days_absent_so_far * 100 >= windows.days_expected_so_far * definition.threshold_percent
        as is_chronic_at_start,
    {% for side in ['before', 'after'] %}
        {% for days in lengths %}
            cast(windows.days_expected_{{ side }}_{{ days }} as integer) as days_expected_{{ side }}_{{ days }},
            cast(windows.days_absent_{{ side }}_{{ days }} as integer) as days_absent_{{ side }}_{{ days }},
            {% set window = side ~ '_' ~ days %}
            {{ percent('windows.days_absent_' ~ window, 'windows.days_expected_' ~ window) }}
                as absence_rate_{{ window }},
            coalesce(windows.is_complete_{{ side }}_{{ days }}, false) as is_complete_{{ side }}_{{ days }},
        {% endfor %}
    {% endfor %}
    case when finished.school_code is not null then in_the_end.is_chronically_absent end as is_chronic_at_year_end
from interventions
inner join students on interventions.intervention_key = students.intervention_key
cross join definition
left join schools
    on interventions.lea_code = schools.lea_code
    and interventions.school_code = schools.school_code
left join {{ ref('intervention_types') }} as types on interventions.type_code = types.type_code
left join windows on interventions.intervention_key = windows.intervention_key
left join concurrent on interventions.intervention_key = concurrent.intervention_key
left join {{ ref('attendance_tiers') }} as tiers
    on windows.days_absent_so_far * 100 >= windows.days_expected_so_far * tiers.from_percent
    and windows.days_absent_so_far * 100 < windows.days_expected_so_far * tiers.below_percent
left join districts on interventions.lea_code = districts.lea_code
left join in_the_end
    on students.school_year = in_the_end.school_year
    and students.student_key = in_the_end.student_key
    and districts.cds_code = in_the_end.cds_code
left join finished
    on interventions.school_year = finished.school_year
    and interventions.lea_code = finished.lea_code
    and interventions.school_code = finished.school_code
