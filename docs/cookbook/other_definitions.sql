-- question: How many students would be chronically absent by another definition, such as the federal one?
-- asked_by: district analyst, data team
-- columns: definition, minimum_days_expected, students, chronically_absent, chronic_rate
-- mind:
--   - Only the definition with is_published is on any page. The others are for comparison.
--   - EDFacts counts days enrolled; these are days expected, so its figure here is near, not equal.
--   - Each student once, over the county.
select
    definitions.definition,
    definitions.minimum_days_expected,
    count(*) as students,
    count_if(standing.days_absent * 100 >= standing.days_expected * definitions.threshold_percent)
        as chronically_absent,
    round(
        100.0
        * count_if(standing.days_absent * 100 >= standing.days_expected * definitions.threshold_percent)
        / count(*),
        1
    ) as chronic_rate
from marts.student_attendance as standing
inner join reference.attendance_definitions as definitions
    on standing.days_expected >= definitions.minimum_days_expected
where
    standing.entity_level = 'county'
    and not standing.is_exempt
    and standing.days_attended > 0
    and standing.school_year = (select max(school_year) from marts.student_attendance)
group by definitions.definition, definitions.minimum_days_expected
order by definitions.definition
