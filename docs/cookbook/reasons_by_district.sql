-- question: Are the days that are missed excused, unexcused or suspensions, district by district?
-- asked_by: attendance team, student support staff, cabinet
-- columns: district_name, days_absent, excused_percent, unexcused_percent, suspension_percent,
--   independent_study_percent
-- mind:
--   - Excused days count toward chronic absence as much as others; where they are most, health and transport come
--     before discipline.
--   - A day that nobody has verified yet is unexcused, so districts that verify late look worse until they have.
--   - Districts differ in what they excuse.
select
    entities.entity_name as district_name,
    sum(standing.days_absent) as days_absent,
    round(100.0 * sum(standing.days_excused) / sum(standing.days_absent), 1) as excused_percent,
    round(100.0 * sum(standing.days_unexcused) / sum(standing.days_absent), 1) as unexcused_percent,
    round(100.0 * sum(standing.days_out_of_school_suspension) / sum(standing.days_absent), 1) as suspension_percent,
    round(100.0 * sum(standing.days_non_ada_independent_study) / sum(standing.days_absent), 1)
        as independent_study_percent
from marts.student_attendance as standing
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    standing.entity_level = 'district'
    and standing.school_year = (select max(school_year) from marts.student_attendance)
group by entities.entity_name, standing.cds_code
having sum(standing.days_absent) > 0
order by unexcused_percent desc
