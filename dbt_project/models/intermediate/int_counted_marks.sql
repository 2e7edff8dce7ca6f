-- Marks on the school days that count, by span and number of the school day: everything that looks at single days reads
-- them here. Days of which only an activity was noted say nothing of absence and are left out.
with

calendar as (

    select
        school_year,
        school_code,
        calendar_date,
        cast(days_so_far as integer) as school_day
    from {{ ref('int_calendar') }}
    where in_session = 1

),

spans as (

    select
        expected.span_number,
        expected.school_year,
        expected.school_code,
        expected.first_date,
        expected.last_counted_date,
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
    spans.span_number,
    absences.absence_date as school_date,
    calendar.school_day,
    -- months of the school year: July is the first
    {{ school_month_of('absences.absence_date') }} as school_month,
    absences.attendance_category,
    absences.is_absence,
    absences.is_partial_absence,
    absences.is_unverified,
    absences.is_tardy,
    absences.is_truancy_occasion
from spans
inner join {{ ref('int_absences') }} as absences
    on spans.roster_number = absences.roster_number
    and spans.first_date <= absences.absence_date
    and spans.last_counted_date >= absences.absence_date
-- a mark on a day without school is not a day absent
inner join calendar
    on spans.school_year = calendar.school_year
    and spans.school_code = calendar.school_code
    and absences.absence_date = calendar.calendar_date
where
    absences.attendance_category <> 'attended'
    or absences.is_partial_absence
    or absences.is_tardy
    or absences.is_truancy_occasion
