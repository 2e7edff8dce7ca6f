-- question: Do schools where students feel less connected have more chronic absence?
-- asked_by: student support staff, cabinet
-- columns: school_name, grade, respondents, value_percent, chronic_rate, eligible_enrollment
-- mind:
--   - Two figures of schools side by side. The survey is anonymous and is never joined to a student.
--   - The survey is of one grade, the rate of the whole school.
--   - A school is not listed where fewer than ten answered.
select
    entities.entity_name as school_name,
    climate.grade,
    climate.respondents,
    climate.value_percent,
    climate.chronic_rate,
    climate.eligible_enrollment
from marts.school_climate as climate
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    climate.entity_level = 'school'
    and climate.respondent_group = 'all'
    and climate.indicator_code = 'school_connectedness'
    and climate.school_year = (select max(school_year) from marts.school_climate)
order by climate.value_percent
