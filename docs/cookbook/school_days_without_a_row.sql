-- question: Which schools have school days on which nobody was absent, or on which nothing was submitted?
-- asked_by: data team, district analyst
-- columns: district_name, school_name, school_days_so_far, days_without_a_row, longest_gap_school_days
-- may_be_empty: every school has an absence on every school day.
-- mind:
--   - At a school of hundreds, a day without an absence is hardly one; at one of twenty it may be.
--   - Days in a row are more likely an export that failed than a healthy week.
--   - These days count as attended by everybody, so the rate of such a school is too low if nothing was submitted.
select
    entities.district_name,
    entities.entity_name as school_name,
    schools.school_days_so_far,
    schools.days_without_a_row,
    schools.longest_gap_school_days
from marts.school_submissions as schools
inner join marts.dim_entities as entities
    on schools.cds_code = entities.cds_code
    and entities.entity_level = 'school'
where
    schools.days_without_a_row > 0
    and schools.school_year = (select max(school_year) from marts.school_submissions)
order by schools.longest_gap_school_days desc, schools.days_without_a_row desc
