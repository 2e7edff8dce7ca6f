-- question: Which students of a school have missed most, and for which reasons?
-- asked_by: attendance team, student support staff
-- columns: student_key, grade, days_expected, days_absent, days_excused, days_unexcused, days_suspended, absence_rate,
--   attendance_band
-- student_level: yes
-- mind:
--   - The school is the one with the highest rate; put your own school's code in its place.
--   - The key is a keyed hash. It is the same for one student everywhere here, and nobody can read from it who that is.
--   - Many excused days ask for another conversation than many unexcused ones.
with

school as (

    select max_by(cds_code, chronic_rate) as cds_code
    from marts.chronic_absence
    where
        entity_level = 'school'
        and reporting_category = 'TA'
        and school_year = (select max(school_year) from marts.chronic_absence)

)

select
    standing.student_key,
    standing.grade,
    standing.days_expected,
    standing.days_absent,
    standing.days_excused,
    standing.days_unexcused,
    standing.days_out_of_school_suspension as days_suspended,
    standing.absence_rate,
    standing.attendance_band
from marts.student_attendance as standing
inner join school using (cds_code)
where
    standing.is_chronically_absent
    and standing.school_year = (select max(school_year) from marts.student_attendance)
order by standing.absence_rate desc
limit 50
