-- question: Which schools have the largest share of chronically absent students, and how many students is that?
-- asked_by: attendance team, cabinet
-- columns: district_name, school_name, chronic_rate, chronic_count, eligible_enrollment
-- mind:
--   - A small school reaches a high rate with few students; read the count beside it.
--   - A school that sent no attendance has no rate and does not stand here; silent_schools lists those.
select
    entities.district_name,
    entities.entity_name as school_name,
    absence.chronic_rate,
    absence.chronic_count,
    absence.eligible_enrollment
from marts.chronic_absence as absence
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    absence.entity_level = 'school'
    and absence.reporting_category = 'TA'
    and absence.chronic_rate is not null
    and absence.school_year = (select max(school_year) from marts.chronic_absence)
order by absence.chronic_rate desc, absence.chronic_count desc
limit 20
