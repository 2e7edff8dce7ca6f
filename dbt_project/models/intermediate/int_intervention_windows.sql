-- Days expected and absent before and after each intervention, wherever in the county the student was.
with

interventions as (

    select
        listed.intervention_key,
        listed.school_year,
        students.student_key,
        listed.start_date
    from {{ ref('int_interventions') }} as listed
    inner join {{ ref('int_student_keys') }} as students
        on listed.lea_code = students.lea_code
        and listed.school_year = students.school_year
        and listed.local_student_key = students.local_student_key

),

windows as (

    select
        interventions.intervention_key,
        interventions.school_year,
        interventions.student_key,
        'before' as side,
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
        {{ days_after('interventions.start_date', 1) }} as first_date,
        {{ days_after('interventions.start_date', 'lengths.window_days') }} as last_date
    from interventions
    cross join {{ ref('intervention_windows') }} as lengths

),

stints as (

    -- the county sees a student who moved between districts as one
    select
        expected.school_year,
        expected.student_key,
        expected.school_code,
        expected.first_date,
        expected.last_counted_date
    from {{ ref('int_days_expected') }} as expected
    inner join {{ ref('int_entity_stints') }} as stints
        on expected.stint_key = stints.stint_key
        and expected.first_date = stints.first_date
        and expected.last_date = stints.last_date
    where stints.entity_level = 'county'

),

counted as (

    select
        windows.intervention_key,
        windows.side,
        windows.last_date as window_last_date,
        stints.school_year,
        stints.student_key,
        stints.school_code,
        greatest(windows.first_date, stints.first_date) as first_date,
        least(windows.last_date, stints.last_counted_date) as last_date
    from windows
    inner join stints
        on windows.school_year = stints.school_year
        and windows.student_key = stints.student_key
        and windows.first_date <= stints.last_counted_date
        and windows.last_date >= stints.first_date

),

expected as (

    select
        counted.intervention_key,
        counted.side,
        sum(last_day.days_so_far - first_day.days_before) as days_expected
    from counted
    inner join {{ ref('int_calendar') }} as first_day
        on counted.school_year = first_day.school_year
        and counted.school_code = first_day.school_code
        and counted.first_date = first_day.calendar_date
    inner join {{ ref('int_calendar') }} as last_day
        on counted.school_year = last_day.school_year
        and counted.school_code = last_day.school_code
        and counted.last_date = last_day.calendar_date
    group by counted.intervention_key, counted.side

),

absent as (

    select
        counted.intervention_key,
        counted.side,
        sum(case when absences.is_absence then 1 else 0 end) as days_absent,
        sum(case when absences.attendance_category = 'unmapped' then 1 else 0 end) as days_unmapped
    from counted
    inner join {{ ref('int_sis_students') }} as rosters
        on counted.school_year = rosters.school_year
        and counted.school_code = rosters.school_code
        and counted.student_key = rosters.student_key
        -- the first of a student's records at the school has the number of all of them
        and rosters.record_number = rosters.roster_number
    inner join {{ ref('int_absences') }} as absences
        on rosters.roster_number = absences.roster_number
        and counted.first_date <= absences.absence_date
        and counted.last_date >= absences.absence_date
    inner join {{ ref('int_calendar') }} as calendar
        on counted.school_year = calendar.school_year
        and counted.school_code = calendar.school_code
        and absences.absence_date = calendar.calendar_date
    where calendar.in_session = 1
    group by counted.intervention_key, counted.side

)

select
    expected.intervention_key,
    expected.side,
    expected.days_expected - coalesce(absent.days_unmapped, 0) as days_expected,
    coalesce(absent.days_absent, 0) as days_absent
from expected
left join absent
    on expected.intervention_key = absent.intervention_key
    and expected.side = absent.side
