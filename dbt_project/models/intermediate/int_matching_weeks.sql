-- Absence before and after a week, of students who had an intervention in it and of students of the same district who
-- had none: the same dates for both. Looked at are weeks in which some intervention of the district begins. What that
-- costs: an intervention is placed by its week, which is in neither side.
with

rules as (

    select
        max(case when rule = 'weeks_compared' then value end) as weeks_compared,
        max(case when rule = 'quiet_days_before' then value end) as quiet_days_before,
        max(case when rule = 'minimum_days_so_far' then value end) as minimum_days_so_far,
        max(case when rule = 'minimum_days_expected' then value end) as minimum_days_expected
    from {{ ref('matching_rules') }}

),

students as (

    select * from {{ ref('int_matching_students') }}

),

districts as (

    select
        school_year,
        student_key,
        district_cds_code,
        min(student_number) as student_number
    from students
    group by school_year, student_key, district_cds_code

),

interventions as (

    -- one row per intervention and district in which the student was in that year
    select
        listed.intervention_key,
        listed.school_year,
        listed.start_date,
        listed.start_week,
        districts.student_number,
        districts.district_cds_code
    from {{ ref('int_intervention_students') }} as listed
    inner join districts
        on listed.school_year = districts.school_year
        and listed.student_key = districts.student_key

),

weeks as (

    -- one row per district and week in which an intervention begins
    select distinct
        interventions.school_year,
        interventions.district_cds_code,
        interventions.start_week as index_week,
        {{ days_after('interventions.start_week', '-7 * rules.weeks_compared') }} as before_from,
        {{ days_after('interventions.start_week', 7) }} as after_from,
        {{ days_after('interventions.start_week', '7 + 7 * rules.weeks_compared') }} as after_until,
        -- two lengths more, to see whether both sides were alike for longer
        {{ days_after('interventions.start_week', '-14 * rules.weeks_compared') }} as longer_from,
        {{ days_after('interventions.start_week', '-21 * rules.weeks_compared') }} as longest_from,
        {{ days_after('interventions.start_week', '-rules.quiet_days_before') }} as quiet_from
    from interventions
    cross join rules

),

schools as (

    -- one row per school of those districts
    select distinct
        school_year,
        district_cds_code,
        school_code
    from students

),

counts as (

    -- school days of each school's year before each of the dates
    select
        weeks.school_year,
        weeks.district_cds_code,
        schools.school_code,
        weeks.index_week,
        sum(case when calendar.calendar_date < weeks.index_week then 1 else 0 end) as until_week,
        sum(case when calendar.calendar_date < weeks.before_from then 1 else 0 end) as until_before,
        sum(case when calendar.calendar_date < weeks.longer_from then 1 else 0 end) as until_longer,
        sum(case when calendar.calendar_date < weeks.longest_from then 1 else 0 end) as until_longest,
        sum(case when calendar.calendar_date < weeks.after_from then 1 else 0 end) as until_after,
        sum(case when calendar.calendar_date < weeks.after_until then 1 else 0 end) as until_end
    from weeks
    inner join schools
        on weeks.school_year = schools.school_year
        and weeks.district_cds_code = schools.district_cds_code
    inner join {{ ref('int_calendar') }} as calendar
        on schools.school_year = calendar.school_year
        and schools.school_code = calendar.school_code
    where calendar.in_session = 1
    group by weeks.school_year, weeks.district_cds_code, schools.school_code, weeks.index_week

),

begun as (

    -- students and weeks in which an intervention of theirs begins; where several do, none is compared in the end
    select
        student_number,
        start_week,
        max(intervention_key) as intervention_key
    from interventions
    group by student_number, start_week

),

looked_at as (

    select
        students.student_number,
        students.roster_number,
        students.school_year,
        students.district_cds_code,
        students.school_code,
        students.grade_span,
        students.is_candidate,
        counts.index_week,
        begun.intervention_key,
        {% for name in ['week', 'before', 'longer', 'longest', 'after', 'end'] %}
            -- the school's days before the date, as far as they lie in the span and are known
            greatest(least(counts.until_{{ name }}, students.days_known), students.days_before) as until_{{ name }},
        {% endfor %}
        greatest(least(counts.until_end, students.days_scheduled), students.days_before) as until_end_scheduled,
        students.days_before
    from students
    inner join counts
        on students.school_year = counts.school_year
        and students.district_cds_code = counts.district_cds_code
        and students.school_code = counts.school_code
    left join begun
        on students.student_number = begun.student_number
        and counts.index_week = begun.start_week
    where students.is_candidate or begun.intervention_key is not null

),

expected as (

    select
        student_number,
        school_year,
        district_cds_code,
        index_week,
        -- the school and grade of the span with the most days in the weeks after; of two alike, the higher number
        max_by(school_code, (until_end - until_after) * cast(1000000000 as bigint) + roster_number) as school_code,
        max_by(grade_span, (until_end - until_after) * cast(1000000000 as bigint) + roster_number) as grade_span,
        bool_or(is_candidate) as is_candidate,
        max(intervention_key) as intervention_key,
        sum(until_week - days_before) as days_so_far,
        sum(until_week - until_before) as days_before,
        sum(until_week - until_longer) as days_longer,
        sum(until_week - until_longest) as days_longest,
        sum(until_end - until_after) as days_after,
        sum(until_end_scheduled - until_end) as days_unknown
    from looked_at
    group by student_number, school_year, district_cds_code, index_week

),

known as (

    select
        expected.*,
        weeks.before_from,
        weeks.after_from,
        weeks.after_until,
        weeks.longer_from,
        weeks.longest_from,
        weeks.quiet_from
    from expected
    cross join rules
    inner join weeks
        on expected.school_year = weeks.school_year
        and expected.district_cds_code = weeks.district_cds_code
        and expected.index_week = weeks.index_week
    where
        expected.days_so_far >= rules.minimum_days_so_far
        and expected.days_before >= rules.minimum_days_expected
        and expected.days_after >= rules.minimum_days_expected
        -- what follows is not judged before it is over
        and expected.days_unknown = 0

),

absent_weeks as (

    select
        students.student_number,
        cast(date_trunc('week', absences.absence_date) as date) as absent_week,
        count_if(absences.is_absence) as days_absent,
        count_if(absences.attendance_category = 'unmapped') as days_unmapped
    from students
    inner join {{ ref('int_absences') }} as absences
        on students.roster_number = absences.roster_number
        and students.first_date <= absences.absence_date
        and students.last_known_date >= absences.absence_date
    where
        (absences.is_absence or absences.attendance_category = 'unmapped')
        -- a code on a day without school is not a day absent: asked as in int_days_absent
        and exists (
            select 1
            from {{ ref('int_calendar') }} as calendar
            where
                calendar.school_year = students.school_year
                and calendar.school_code = students.school_code
                and calendar.calendar_date = absences.absence_date
                and calendar.in_session = 1
        )
    group by students.student_number, cast(date_trunc('week', absences.absence_date) as date)

),

absent as (

    select
        known.student_number,
        known.index_week,
        {% for count in ['absent', 'unmapped'] %}
            {% set within = {
                'so_far': 'absent_weeks.absent_week < known.index_week',
                'before': 'absent_weeks.absent_week < known.index_week and absent_weeks.absent_week >= known.before_from',
                'longer': 'absent_weeks.absent_week < known.index_week and absent_weeks.absent_week >= known.longer_from',
                'longest': 'absent_weeks.absent_week < known.index_week and absent_weeks.absent_week >= known.longest_from',
                'after': 'absent_weeks.absent_week >= known.after_from',
            } %}
            {% for name, dates in within.items() %}
                sum(case when {{ dates }} then absent_weeks.days_{{ count }} else 0 end) as {{ count }}_{{ name }},
            {% endfor %}
        {% endfor %}
        count(*) as weeks_with_absences
    from known
    inner join absent_weeks
        on known.student_number = absent_weeks.student_number
        and known.after_until > absent_weeks.absent_week
    group by known.student_number, known.index_week

),

others as (

    -- interventions of the student that begin near the week
    select
        known.student_number,
        known.index_week,
        count(*) as interventions
    from known
    inner join interventions
        on known.student_number = interventions.student_number
        and known.quiet_from <= interventions.start_date
        and known.after_until > interventions.start_date
    group by known.student_number, known.index_week

),

measured as (

    select
        known.school_year,
        known.district_cds_code,
        known.school_code,
        known.student_number,
        known.grade_span,
        known.index_week,
        {% for name in ['so_far', 'before', 'longer', 'longest', 'after'] %}
            known.days_{{ name }} - coalesce(absent.unmapped_{{ name }}, 0) as expected_{{ name }},
            coalesce(absent.absent_{{ name }}, 0) as absent_{{ name }},
        {% endfor %}
        known.is_candidate and coalesce(others.interventions, 0) = 0 as is_comparison,
        case when others.interventions = 1 then known.intervention_key end as intervention_key
    from known
    left join absent
        on known.student_number = absent.student_number
        and known.index_week = absent.index_week
    left join others
        on known.student_number = others.student_number
        and known.index_week = others.index_week

)

select
    measured.school_year,
    measured.district_cds_code,
    measured.school_code,
    measured.student_number,
    measured.grade_span,
    measured.index_week,
    so_far.band as band_so_far,
    before_bands.band as band_before,
    {% for name in ['before', 'longer', 'longest', 'after'] %}
        {{ percent('measured.absent_' ~ name, 'measured.expected_' ~ name, decimals=3) }} as rate_{{ name }},
    {% endfor %}
    measured.intervention_key
from measured
inner join {{ ref('matching_bands') }} as so_far
    on so_far.measure = 'so_far'
    and measured.absent_so_far * 100 >= measured.expected_so_far * so_far.from_percent
    and measured.absent_so_far * 100 < measured.expected_so_far * so_far.below_percent
inner join {{ ref('matching_bands') }} as before_bands
    on before_bands.measure = 'before'
    and measured.absent_before * 100 >= measured.expected_before * before_bands.from_percent
    and measured.absent_before * 100 < measured.expected_before * before_bands.below_percent
where
    (measured.intervention_key is not null or measured.is_comparison)
    and measured.expected_before > 0
    and measured.expected_after > 0
