-- question: Which incoming students were chronically absent last year, wherever they were?
-- asked_by: attendance team, student support staff
-- columns: school_name, arrival_kind, students, known, were_chronically_absent, with_support_last_year
-- mind:
--   - Who was not in the county last year is not known; TK and K students hardly ever are.
--   - Support of another district is known where that district sends its log.
select
    entities.entity_name as school_name,
    arrived.arrival_kind,
    count(*) as students,
    count(arrived.was_chronically_absent) as known,
    count_if(arrived.was_chronically_absent) as were_chronically_absent,
    count_if(arrived.supports_last_year > 0) as with_support_last_year
from marts.transitions as arrived
inner join marts.dim_entities as entities
    on arrived.cds_code = entities.cds_code
    and entities.entity_level = 'school'
group by entities.entity_name, arrived.arrival_kind
having count(*) >= 10
order by were_chronically_absent desc
