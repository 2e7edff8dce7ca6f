-- question: In which grades is chronic absence highest?
-- asked_by: attendance team, cabinet, board
-- columns: grade, students, chronically_absent, chronic_rate
-- mind:
--   - Across the county, each student once, in the grade of the latest enrollment.
--   - Kindergarten and transitional kindergarten are not compulsory before age six; absence there begins habits all the
--     same.
--   - That grade nine is high often tells of the move to a new school, not of the age.
select
    standing.grade,
    count(*) as students,
    count_if(standing.is_chronically_absent) as chronically_absent,
    round(100.0 * count_if(standing.is_chronically_absent) / count(*), 1) as chronic_rate
from marts.student_attendance as standing
inner join reference.grades as grades using (grade)
where
    standing.entity_level = 'county'
    and standing.is_eligible
    and standing.school_year = (select max(school_year) from marts.student_attendance)
group by standing.grade, grades.sort_order
order by grades.sort_order
