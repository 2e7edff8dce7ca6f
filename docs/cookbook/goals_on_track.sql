-- question: Which goals are on track, and what pace does each need?
-- asked_by: board, cabinet
-- columns: entity_name, measure_name, reporting_category, baseline_value, last_value, target_value, needed_per_year,
--   status_name
-- may_be_empty: where no district sends its goals, there are none.
-- mind:
--   - While the year runs, on track is as far as a straight line from baseline to target.
select
    entities.entity_name,
    goals.measure_name,
    goals.reporting_category,
    goals.baseline_value,
    goals.last_value,
    goals.target_value,
    goals.needed_per_year,
    goals.status_name
from marts.goals as goals
inner join marts.dim_entities as entities using (entity_level, cds_code)
order by goals.goal_status, entities.entity_name
