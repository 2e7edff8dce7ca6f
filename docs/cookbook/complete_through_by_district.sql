-- question: Through which day is each district's attendance complete?
-- asked_by: data team, cabinet
-- columns: district_name, schools_enrolling, schools_submitted, schools_silent, complete_through,
--   latest_complete_through
-- mind:
--   - complete_through is the day of the district's slowest school, latest_complete_through that of its fastest. Far
--     apart, one school holds it up.
--   - Both are empty where only year summaries arrive.
select
    entities.entity_name as district_name,
    submissions.schools_enrolling,
    submissions.schools_submitted,
    submissions.schools_silent,
    submissions.complete_through,
    submissions.latest_complete_through
from marts.submissions as submissions
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    submissions.entity_level = 'district'
    and submissions.school_year = (select max(school_year) from marts.submissions)
order by submissions.complete_through nulls last
