-- question: How many students of each school need help now, and at which tier?
-- asked_by: attendance team, student support staff
-- columns: school_name, as_of_date, tier_2, tier_3, likely_chronic
-- mind:
--   - As of the end of the latest month that the school has submitted.
--   - likely_chronic counts students whose probability is above one half; early_warning_comes_true says how far that
--     can be trusted.
select
    entities.entity_name as school_name,
    max(warned.as_of_date) as as_of_date,
    count_if(warned.tier = 2) as tier_2,
    count_if(warned.tier = 3) as tier_3,
    count_if(warned.probability > 50) as likely_chronic
from marts.early_warning as warned
inner join marts.dim_entities as entities
    on warned.cds_code = entities.cds_code
    and entities.entity_level = 'school'
where warned.school_month = (select max(school_month) - 1 from marts.early_warning)
group by entities.entity_name
order by tier_3 desc, tier_2 desc
