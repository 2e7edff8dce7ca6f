-- question: How many students have missed a tenth and have been offered nothing yet?
-- asked_by: student support staff, cabinet
-- columns: school_name, on_the_list, nothing_tried, severe_and_nothing_tried
-- mind:
--   - Only what districts log is known: nothing logged is not nothing done.
--   - As of the end of the latest full month.
select
    entities.entity_name as school_name,
    count(*) as on_the_list,
    count_if(lists.supports_so_far = 0) as nothing_tried,
    count_if(lists.supports_so_far = 0 and lists.tier = 3) as severe_and_nothing_tried
from marts.team_list as lists
inner join marts.dim_entities as entities
    on lists.cds_code = entities.cds_code
    and entities.entity_level = 'school'
where lists.school_month = (select max(school_month) - 1 from marts.team_list)
group by entities.entity_name
order by severe_and_nothing_tried desc, nothing_tried desc
