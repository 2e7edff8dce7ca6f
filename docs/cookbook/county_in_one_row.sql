-- question: How many students of the county are chronically absent, and is that better or worse than last year?
-- asked_by: board, cabinet
-- columns: school_year, students, chronically_absent, chronic_rate, rate_last_year, schools_that_sent, schools_in_all,
--   complete_through
-- mind:
--   - Not submitted is not present. Where schools are missing, the figure is of the others.
--   - Each student once, over all schools of the county; the schools' counts do not add up to it.
with

county as (

    select
        school_year,
        entity_level,
        cds_code,
        eligible_enrollment,
        chronic_count,
        chronic_rate,
        lag(chronic_rate) over (order by school_year) as rate_last_year
    from marts.chronic_absence
    where entity_level = 'county' and reporting_category = 'TA'

)

select
    county.school_year,
    county.eligible_enrollment as students,
    county.chronic_count as chronically_absent,
    county.chronic_rate,
    county.rate_last_year,
    submissions.schools_submitted as schools_that_sent,
    submissions.schools_enrolling as schools_in_all,
    submissions.complete_through
from county
left join marts.submissions as submissions using (school_year, entity_level, cds_code)
order by county.school_year desc
limit 1
