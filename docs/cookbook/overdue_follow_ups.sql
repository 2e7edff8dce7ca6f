-- question: Which follow-ups of attendance reviews are overdue, and what is the next step?
-- asked_by: attendance team, student support staff
-- columns: school_code, board_name, step_name, overdue, earliest_due
-- may_be_empty: where no district sends its review cases, there are none.
-- mind:
--   - A follow-up counts as done where the log, a visit or a letter shows that somebody was reached around the day.
select
    school_code,
    board_name,
    step_name,
    count(*) as overdue,
    min(due_date) as earliest_due
from marts.case_followups
where is_overdue and school_year = (select max(school_year) from marts.case_followups)
group by school_code, board_name, step_name
order by overdue desc
