-- question: From which schools do ninth graders come, and how did they attend there?
-- asked_by: student support staff, district analyst
-- columns: to_school, from_school, students, chronic_last_year
-- mind:
--   - Groups of ten or fewer are left out.
--   - Change the grade for other transitions.
select
    receiving.entity_name as to_school,
    sending.entity_name as from_school,
    count(*) as students,
    count_if(arrived.was_chronically_absent) as chronic_last_year
from marts.transitions as arrived
inner join marts.dim_entities as receiving
    on arrived.cds_code = receiving.cds_code
    and receiving.entity_level = 'school'
inner join marts.dim_entities as sending
    on arrived.from_cds_code = sending.cds_code
    and sending.entity_level = 'school'
where arrived.grade = '09'
group by receiving.entity_name, sending.entity_name
having count(*) > 10
order by students desc
