-- question: Which absence summaries must a district mend before it certifies them to the state?
-- asked_by: district analyst, data team
-- columns: lea_code, school_code, student_key, rule_code, finding
-- student_level: yes
-- may_be_empty: the district's summaries contradict nothing, or it sends none; the example county's are in order.
-- mind:
--   - No rate waits for it. What is wrong within a single row was rejected when it was loaded, and stands in rejects.
select
    lea_code,
    school_code,
    student_key,
    rule_code,
    finding
from marts.absence_summary_findings
where school_year = (select max(school_year) from marts.absence_summary_findings)
order by lea_code, school_code, rule_code
