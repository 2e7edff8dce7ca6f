-- question: After which kind of help did absence fall more than among students alike without it?
-- asked_by: cabinet, student support staff, board
-- columns: type_name, interventions, change, matched_difference, matched_lower, matched_upper
-- mind:
--   - An association, never proof: who is chosen, and who is willing, no comparison can undo.
--   - change alone flatters everything, as help is offered when absence is highest; read the matched difference.
--   - Where its interval holds 0, chance alone may be it.
select
    type_name,
    interventions,
    change,
    matched_difference,
    matched_lower,
    matched_upper
from marts.intervention_outcomes
where
    entity_level = 'county'
    and tier = 'all'
    and term = 'all'
    and reporting_category = 'TA'
    and school_year = (select max(school_year) from marts.intervention_outcomes)
order by matched_difference nulls last
