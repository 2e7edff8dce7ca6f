-- question: How many school days were missed in all, and how many is that for each student?
-- asked_by: board, cabinet
-- columns: school_year, students, days_missed, days_per_student, attendance_percent
-- mind:
--   - Full days only, of all students, also of those whose stay was too short for a rate.
--   - This is not average daily attendance. Funding has rules of its own, and these figures are not for it.
select
    school_year,
    count(*) as students,
    sum(days_absent) as days_missed,
    round(sum(days_absent) / count(*), 1) as days_per_student,
    round(100.0 * sum(days_attended) / sum(days_expected), 1) as attendance_percent
from marts.student_attendance
where entity_level = 'county'
group by school_year
order by school_year
