-- question: Which districts have improved since last year, and which have slipped?
-- asked_by: cabinet, board
-- columns: district_name, last_year_rate, this_year_rate, points_changed, more_or_fewer_students, complete_through
-- mind:
--   - Before the year is over, this year stands on the days so far and last year on all of them; compare finished
--     years.
--   - complete_through is the day up to which all of the district's schools have sent this year's attendance.
--   - A district that sent nothing in one of the years has no change.
with

districts as (

    select *, dense_rank() over (order by school_year desc) as years_ago
    from marts.chronic_absence
    where entity_level = 'district' and reporting_category = 'TA'

)

select
    entities.entity_name as district_name,
    before.chronic_rate as last_year_rate,
    now.chronic_rate as this_year_rate,
    now.chronic_rate - before.chronic_rate as points_changed,
    now.chronic_count - before.chronic_count as more_or_fewer_students,
    submissions.complete_through
from districts as now
inner join districts as before
    on now.cds_code = before.cds_code
    and before.years_ago = 2
inner join marts.dim_entities as entities
    on now.entity_level = entities.entity_level
    and now.cds_code = entities.cds_code
left join marts.submissions as submissions
    on now.school_year = submissions.school_year
    and now.entity_level = submissions.entity_level
    and now.cds_code = submissions.cds_code
where now.years_ago = 1
order by points_changed nulls last
