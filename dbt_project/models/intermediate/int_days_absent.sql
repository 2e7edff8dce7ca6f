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

)

select
    counted.stint_key,
    counted.first_date,
    counted.last_date,
    count_if(absences.is_absence) as days_absent,
    count_if(absences.attendance_category = 'excused') as days_excused,
    count_if(absences.attendance_category = 'unexcused') as days_unexcused,
    count_if(absences.attendance_category = 'out_of_school_suspension') as days_out_of_school_suspension,
    count_if(absences.attendance_category = 'non_ada_independent_study') as days_non_ada_independent_study,
    count_if(absences.attendance_category = 'unmapped') as days_unmapped,
    count_if(absences.is_partial_absence) as days_partial
from counted
inner join {{ ref('int_absences') }} as absences
    on counted.roster_number = absences.roster_number
    and counted.first_date <= absences.absence_date
    and counted.last_counted_date >= absences.absence_date
-- A code on a day without school is not a day absent. Asked as a question and not joined: a join to the calendar is
-- answered by grouping the codes of each student and day before it, tens of millions of them.
where
    exists (
        select 1
        from {{ ref('int_calendar') }} as calendar
        where
            calendar.school_year = counted.school_year
            and calendar.school_code = counted.school_code
            and calendar.calendar_date = absences.absence_date
            and calendar.in_session = 1
    )
group by counted.stint_key, counted.first_date, counted.last_date
