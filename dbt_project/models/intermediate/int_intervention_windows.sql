-- Days expected and absent before and after each intervention, in windows of several lengths, and in the year so far;
-- wherever in the county the student was. The absences of these students are read once, whatever the number of windows.
with

interventions as (

    select *
    from {{ ref('int_intervention_students') }}
    where student_key is not null

),

windows as (

    select
        interventions.intervention_key,
        interventions.school_year,
        interventions.student_key,
        'before' as side,
        lengths.window_days,
        lengths.minimum_days_expected,
        {{ days_after('interventions.start_date', '-lengths.window_days') }} as first_date,
        {{ days_after('interventions.start_date', -1) }} as last_date
    from interventions
    cross join {{ ref('intervention_windows') }} as lengths

    union all

    select
        interventions.intervention_key,
        interventions.school_year,
        interventions.student_key,
        'after' as side,
        lengths.window_days,
        lengths.minimum_days_expected,
        {{ days_after('interventions.start_date', 1) }} as first_date,
        {{ days_after('interventions.start_date', 'lengths.window_days') }} as last_date
    from interventions
    cross join {{ ref('intervention_windows') }} as lengths

    union all

    -- all of the year before the first day: where the student stood when it began
    select
        interventions.intervention_key,
        interventions.school_year,
        interventions.student_key,
        'so_far' as side,
        cast(null as integer) as window_days,
        max(lengths.minimum_days_expected) as minimum_days_expected,
        {{ first_date_of('interventions.school_year') }} as first_date,
        {{ days_after('interventions.start_date', -1) }} as last_date
    from interventions
    cross join {{ ref('intervention_windows') }} as lengths
    group by
        interventions.intervention_key,
        interventions.school_year,
        interventions.student_key,
        interventions.start_date

),

stints as (

    -- the county sees a student who moved between districts as one
    select
        expected.school_year,
        expected.student_key,
        expected.school_code,
        expected.first_date,
        expected.last_date,
        -- what the as-of day lies before is not known yet, whatever has arrived
        least(expected.last_counted_date, as_of.as_of_date) as last_known_date
    from {{ ref('int_days_expected') }} as expected
    inner join {{ ref('int_entity_stints') }} as stints
        on expected.stint_key = stints.stint_key
        and expected.first_date = stints.first_date
        and expected.last_date = stints.last_date
    cross join {{ ref('int_as_of') }} as as_of
    where stints.entity_level = 'county'

),

counted as (

    -- the part of a window that lies in a stint, and how much of it is known
    select
        windows.intervention_key,
        windows.side,
        windows.window_days,
        windows.minimum_days_expected,
        stints.school_year,
        stints.student_key,
        stints.school_code,
        greatest(windows.first_date, stints.first_date) as first_date,
        least(windows.last_date, stints.last_date) as last_date,
        least(windows.last_date, stints.last_known_date) as last_known_date
    from windows
    inner join stints
        on windows.school_year = stints.school_year
        and windows.student_key = stints.student_key
        and windows.first_date <= stints.last_date
        and windows.last_date >= stints.first_date

),

expected as (

    select
        counted.intervention_key,
        counted.side,
        counted.window_days,
        max(counted.minimum_days_expected) as minimum_days_expected,
        -- a stint that begins after the last known day has nothing known yet
        sum(greatest(coalesce(last_known_day.days_so_far, 0) - first_day.days_before, 0)) as days_expected,
        sum(last_day.days_so_far - first_day.days_before) as days_scheduled
    from counted
    inner join {{ ref('int_calendar') }} as first_day
        on counted.school_year = first_day.school_year
        and counted.school_code = first_day.school_code
        and counted.first_date = first_day.calendar_date
    inner join {{ ref('int_calendar') }} as last_day
        on counted.school_year = last_day.school_year
        and counted.school_code = last_day.school_code
        and counted.last_date = last_day.calendar_date
    left join {{ ref('int_calendar') }} as last_known_day
        on counted.school_year = last_known_day.school_year
        and counted.school_code = last_known_day.school_code
        and counted.last_known_date = last_known_day.calendar_date
    group by counted.intervention_key, counted.side, counted.window_days

),

reached as (

    -- one row per intervention and stint: from the first of the year to the end of the longest window
    select
        interventions.intervention_key,
        stints.school_year,
        stints.school_code,
        rosters.roster_number,
        stints.first_date,
        least(interventions.latest_date, stints.last_known_date) as last_date
    from interventions
    inner join stints
        on interventions.school_year = stints.school_year
        and interventions.student_key = stints.student_key
    inner join {{ ref('int_sis_students') }} as rosters
        on stints.school_year = rosters.school_year
        and stints.school_code = rosters.school_code
        and stints.student_key = rosters.student_key
    -- the first of a student's records at the school has the number of all of them
    where rosters.record_number = rosters.roster_number

),

absences as (

    select
        reached.intervention_key,
        absences.absence_date,
        absences.is_absence,
        absences.attendance_category = 'unmapped' as is_unmapped
    from reached
    inner join {{ ref('int_absences') }} as absences
        on reached.roster_number = absences.roster_number
        and reached.first_date <= absences.absence_date
        and reached.last_date >= absences.absence_date
    where
        (absences.is_absence or absences.attendance_category = 'unmapped')
        -- a code on a day without school is not a day absent: asked as in int_days_absent
        and exists (
            select 1
            from {{ ref('int_calendar') }} as calendar
            where
                calendar.school_year = reached.school_year
                and calendar.school_code = reached.school_code
                and calendar.calendar_date = absences.absence_date
                and calendar.in_session = 1
        )

),

absent as (

    select
        windows.intervention_key,
        windows.side,
        windows.window_days,
        count_if(absences.is_absence) as days_absent,
        count_if(absences.is_unmapped) as days_unmapped
    from windows
    inner join absences
        on windows.intervention_key = absences.intervention_key
        and windows.first_date <= absences.absence_date
        and windows.last_date >= absences.absence_date
    group by windows.intervention_key, windows.side, windows.window_days

)

select
    expected.intervention_key,
    expected.side,
    expected.window_days,
    cast(expected.days_expected - coalesce(absent.days_unmapped, 0) as integer) as days_expected,
    cast(coalesce(absent.days_absent, 0) as integer) as days_absent,
    expected.days_expected - coalesce(absent.days_unmapped, 0) >= expected.minimum_days_expected as has_enough_days,
    expected.days_expected >= expected.days_scheduled as is_over
from expected
left join absent
    on expected.intervention_key = absent.intervention_key
    and expected.side = absent.side
    -- the year so far has no length
    and coalesce(expected.window_days, 0) = coalesce(absent.window_days, 0)
