-- question: By which interventions are absences followed that are fewer than before?
-- asked_by: student support staff, cabinet
-- columns: type_name, interventions, students_measured, rate_before, rate_after, change
-- mind:
--   - This is before and after, not cause. Students are helped when they are at their worst, and many would have come
--     back anyway.
--   - Kinds are not to be ranked by their change, because they meet different students.
--   - Only those are measured who were expected on enough days on both sides.
select
    type_name,
    interventions,
    students_measured,
    rate_before,
    rate_after,
    change
from marts.intervention_outcomes
where
    entity_level = 'county'
    and school_year = (select max(school_year) from marts.intervention_outcomes)
order by students_measured desc
