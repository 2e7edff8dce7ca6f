-- question: Where are many days missed in part, which no rate shows?
-- asked_by: attendance team, district analyst
-- columns: district_name, school_name, students, days_missed_in_part, days_per_student
-- mind:
--   - A day missed in part is a day attended, so it is in no rate of chronic absence.
--   - Only schools that take attendance by period or half day can have such days; a school without them may only not
--     record them.
--   - Schools of which only year summaries arrived are left out.
select
    entities.district_name,
    entities.entity_name as school_name,
    count(*) as students,
    sum(standing.days_partial) as days_missed_in_part,
    round(sum(standing.days_partial) / count(*), 1) as days_per_student
from marts.student_attendance as standing
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    standing.entity_level = 'school'
    and standing.days_partial is not null
    and standing.school_year = (select max(school_year) from marts.student_attendance)
group by entities.district_name, entities.entity_name, standing.cds_code
order by days_per_student desc
limit 20
