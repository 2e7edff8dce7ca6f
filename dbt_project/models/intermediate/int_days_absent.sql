-- Days with a code that stand in a counted stint, by category, per stint.
with

counted as (

    select * from {{ ref('int_days_expected') }}

),

absences as (

    select
        absences.school_year,
        absences.school_code,
        absences.student_key,
        absences.absence_date,
        absences.attendance_category,
        absences.is_absence,
        absences.is_partial_absence
    from {{ ref('int_absences') }} as absences
    -- a code on a day without school is not a day absent
    inner join {{ ref('int_calendar') }} as calendar
        on absences.school_year = calendar.school_year
        and absences.school_code = calendar.school_code
        and absences.absence_date = calendar.calendar_date
    where calendar.in_session = 1

)

select
    counted.entity_stint_key,
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
inner join absences
    on counted.school_year = absences.school_year
    and counted.school_code = absences.school_code
    and counted.student_key = absences.student_key
    and counted.first_date <= absences.absence_date
    and counted.last_counted_date >= absences.absence_date
group by counted.entity_stint_key
