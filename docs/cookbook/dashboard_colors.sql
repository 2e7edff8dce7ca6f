-- question: Which color would the Dashboard give each district today, and how many students is the next one away?
-- asked_by: cabinet, board
-- columns: district_name, group_name, chronic_rate, rate_change, color_name, better_color_name, students_fewer
-- mind:
--   - Computed here from the days so far; the state's own comes once a year and may differ.
--   - Students last enrolled at a charter are not the district's, as on the Dashboard.
select
    entities.entity_name as district_name,
    colors.group_name,
    colors.chronic_rate,
    colors.rate_change,
    colors.color_name,
    colors.better_color_name,
    colors.students_fewer_for_better_color as students_fewer
from marts.accountability as colors
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    colors.entity_level = 'district'
    and colors.color_name is not null
    and colors.school_year = (select max(school_year) from marts.accountability)
order by colors.color_level, students_fewer
limit 40
