-- question: Which schools have stopped sending attendance, and since when?
-- asked_by: data team, attendance team
-- columns: district_name, school_name, system_name, has_roster, complete_through, silent_since, school_days_silent,
--   silent_though_others_sent
-- may_be_empty: no school is silent.
-- mind:
--   - Not submitted is not present. Their students stand on the days up to the last submitted one.
--   - silent_though_others_sent counts the days for which the same district sent rows of other schools, so the delivery
--     came.
--   - After how many school days a school is silent stands in seed submission_thresholds.
select
    entities.district_name,
    entities.entity_name as school_name,
    systems.system_name,
    schools.has_roster,
    schools.complete_through,
    schools.silent_since,
    schools.school_days_silent,
    schools.school_days_silent_covered as silent_though_others_sent
from marts.school_submissions as schools
inner join marts.dim_entities as entities
    on schools.cds_code = entities.cds_code
    and entities.entity_level = 'school'
left join reference.source_systems as systems on schools.system = systems.source
where
    schools.is_silent
    and schools.school_year = (select max(school_year) from marts.school_submissions)
order by schools.school_days_silent desc nulls first
