-- question: How many truancy notices are due, and which number?
-- asked_by: attendance team
-- columns: school_name, notice_due, students, most_occasions
-- may_be_empty: where no district sends its log of letters, nobody knows what is due.
-- mind:
--   - Truancy is not chronic absence: it is about absence without a valid excuse (EC 48260).
--   - An unverified absence counts until somebody verifies it.
select
    entities.entity_name as school_name,
    standing.truancy_notice_due as notice_due,
    count(*) as students,
    max(standing.truancy_occasions) as most_occasions
from marts.student_attendance as standing
inner join marts.dim_entities as entities using (entity_level, cds_code)
where
    standing.entity_level = 'school'
    and standing.truancy_notice_due is not null
    and standing.school_year = (select max(school_year) from marts.student_attendance)
group by entities.entity_name, standing.truancy_notice_due
order by students desc
