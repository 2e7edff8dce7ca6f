-- question: Why does a rate cover fewer students than are enrolled?
-- asked_by: district analyst, data team
-- columns: district_name, students, eligible, exempt, too_few_days, attended_no_day
-- mind:
--   - Who is exempt is counted there only, whatever else is true.
--   - Fewest days expected is the published definition's, in seed attendance_definitions.
--   - In the first weeks of a year nobody has been expected often enough, and there is no rate.
select
    entities.entity_name as district_name,
    count(*) as students,
    count_if(standing.is_eligible) as eligible,
    count_if(standing.is_exempt) as exempt,
    count_if(not standing.is_exempt and standing.days_expected < definition.minimum_days_expected) as too_few_days,
    count_if(
        not standing.is_exempt
        and standing.days_expected >= definition.minimum_days_expected
        and standing.days_attended = 0
    ) as attended_no_day
from marts.student_attendance as standing
inner join marts.dim_entities as entities using (entity_level, cds_code)
cross join reference.attendance_definitions as definition
where
    standing.entity_level = 'district'
    and definition.is_published
    and standing.school_year = (select max(school_year) from marts.student_attendance)
group by entities.entity_name, standing.cds_code
order by entities.entity_name
