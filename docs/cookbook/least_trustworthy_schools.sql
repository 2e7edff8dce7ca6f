-- question: Of which schools can the figures be trusted least, and why?
-- asked_by: data team, cabinet
-- columns: school_name, score, days_not_submitted, days_without_a_row, marks_unmapped, is_usual_calendar
-- mind:
--   - The score's weights are the county's choice (seed data_quality_parts).
--   - Days without a row may be days on which everybody came.
select
    entities.entity_name as school_name,
    quality.score,
    quality.days_not_submitted,
    quality.days_without_a_row,
    quality.marks_unmapped,
    quality.is_usual_calendar
from marts.data_quality_year as quality
inner join marts.dim_entities as entities
    on quality.cds_code = entities.cds_code
    and entities.entity_level = 'school'
where
    quality.score is not null
    and quality.school_year = (select max(school_year) from marts.data_quality_year)
order by quality.score
limit 20
