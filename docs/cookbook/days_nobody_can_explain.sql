-- question: At which schools are there days whose attendance code nobody can explain?
-- asked_by: data team, district analyst
-- columns: district_name, school_name, students, days_unmapped, per_thousand_days
-- may_be_empty: every code is in its district's code table.
-- mind:
--   - Such a day is left out of both sides, neither expected nor absent.
--   - A code is explained by the district's own code table; a new row there mends every day at once, at the next build.
select
    entities.district_name,
    entities.entity_name as school_name,
    count_if(standing.days_unmapped > 0) as students,
    sum(standing.days_unmapped) as days_unmapped,
    round(1000.0 * sum(standing.days_unmapped) / sum(standing.days_expected + standing.days_unmapped), 2)
        as per_thousand_days
from marts.student_attendance as standing
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    standing.entity_level = 'school'
    and standing.school_year = (select max(school_year) from marts.student_attendance)
group by entities.district_name, entities.entity_name, standing.cds_code
having sum(standing.days_unmapped) > 0
order by days_unmapped desc
