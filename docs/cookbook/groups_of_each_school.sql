-- question: Which student group of each school has the highest rate, of those large enough to speak of?
-- asked_by: district analyst, attendance team
-- columns: district_name, school_name, category_name, eligible_enrollment, chronic_rate, school_rate
-- mind:
--   - Groups of thirty or more, because a smaller one swings by several points with one student. Change it in the
--     query.
--   - Races and programs only. A grade is no group of students to close a gap for.
--   - One of many groups is the highest by chance alone; look whether it was so last year.
with

schools as (

    select absence.*, categories.category_name, categories.category_family
    from marts.chronic_absence as absence
    inner join reference.reporting_categories as categories using (reporting_category)
    where
        absence.entity_level = 'school'
        and absence.school_year = (select max(school_year) from marts.chronic_absence)

)

select
    entities.district_name,
    entities.entity_name as school_name,
    max_by(groups.category_name, groups.chronic_rate) as category_name,
    max_by(groups.eligible_enrollment, groups.chronic_rate) as eligible_enrollment,
    max(groups.chronic_rate) as chronic_rate,
    any_value(everyone.chronic_rate) as school_rate
from schools as groups
inner join schools as everyone
    on groups.cds_code = everyone.cds_code
    and everyone.reporting_category = 'TA'
inner join marts.dim_entities as entities
    on groups.entity_level = entities.entity_level
    and groups.cds_code = entities.cds_code
where
    groups.category_family in ('race', 'program')
    and groups.eligible_enrollment >= 30
group by entities.district_name, entities.entity_name, groups.cds_code
order by max(groups.chronic_rate) - any_value(everyone.chronic_rate) desc
