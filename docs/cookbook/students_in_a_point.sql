-- question: How many students is one percentage point of chronic absence, in each district?
-- asked_by: board, district analyst
-- columns: district_name, chronic_rate, chronic_count, students_in_a_point
-- mind:
--   - For setting a goal, so many fewer students must be absent on a tenth of their days for each point.
--   - The nearest to the line are the most easily counted out, and not those who need most.
select
    entities.entity_name as district_name,
    absence.chronic_rate,
    absence.chronic_count,
    cast(ceil(absence.eligible_enrollment / 100) as integer) as students_in_a_point
from marts.chronic_absence as absence
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    absence.entity_level = 'district'
    and absence.reporting_category = 'TA'
    and absence.chronic_rate is not null
    and absence.school_year = (select max(school_year) from marts.chronic_absence)
order by absence.chronic_rate desc
