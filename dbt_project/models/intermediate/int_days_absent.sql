-- Days with a code that stand in a counted span, by category.
with

counted as (

    select
        expected.stint_key,
        expected.first_date,
        expected.last_date,
        expected.last_counted_date,
        expected.school_year,
        expected.school_code,
        rosters.roster_number
    from {{ ref('int_days_expected') }} as expected
    inner join {{ ref('int_sis_students') }} as rosters
        on expected.school_year = rosters.school_year
        and expected.school_code = rosters.school_code
        and expected.student_key = rosters.student_key
    -- the first of a student's records at the school has the number of all of them
    where rosters.record_number = rosters.roster_number

),

calendar as (

    -- a code on a day without school is not a day absent
    select
        calendar.school_year,
        calendar.school_code,
        calendar.calendar_date
    from {{ ref('int_calendar') }} as calendar
    where calendar.in_session = 1

)

select
    counted.stint_key,
    counted.first_date,
    counted.last_date,
    sum(case when absences.is_absence then 1 else 0 end) as days_absent,
    sum(case when absences.attendance_category = 'excused' then 1 else 0 end) as days_excused,
    sum(case when absences.attendance_category = 'unexcused' then 1 else 0 end) as days_unexcused,
    sum(case when absences.attendance_category = 'out_of_school_suspension' then 1 else 0 end)
        as days_out_of_school_suspension,
    sum(case when absences.attendance_category = 'non_ada_independent_study' then 1 else 0 end)
        as days_non_ada_independent_study,
    sum(case when absences.attendance_category = 'unmapped' then 1 else 0 end) as days_unmapped,
    sum(case when absences.is_partial_absence then 1 else 0 end) as days_partial
from counted
inner join {{ ref('int_absences') }} as absences
    on counted.roster_number = absences.roster_number
    and counted.first_date <= absences.absence_date
    and counted.last_counted_date >= absences.absence_date
inner join calendar
    on counted.school_year = calendar.school_year
    and counted.school_code = calendar.school_code
    and absences.absence_date = calendar.calendar_date
group by counted.stint_key, counted.first_date, counted.last_date
