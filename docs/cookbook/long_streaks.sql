-- question: Who has been away for ten school days in a row or more, and is still away?
-- asked_by: attendance team, student support staff
-- columns: student_key, school_name, grade, current_streak_days, days_absent, days_expected
-- student_level: yes
-- may_be_empty: at the end of a year hardly anybody is still away so long.
-- mind:
--   - Still away as of the school's last submitted day.
--   - A long illness, a move that nobody reported and a family in trouble look alike here.
select
    standing.student_key,
    entities.entity_name as school_name,
    standing.grade,
    standing.current_streak_days,
    standing.days_absent,
    standing.days_expected
from marts.student_attendance as standing
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    standing.entity_level = 'school'
    and standing.current_streak_days >= 10
    and standing.school_year = (select max(school_year) from marts.student_attendance)
order by standing.current_streak_days desc
