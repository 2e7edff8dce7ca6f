-- question: How many students were chronically absent in both of the last two years, and how many only in one?
-- asked_by: student support staff, cabinet
-- columns: last_year, this_year, students
-- mind:
--   - Students who were eligible in the county in both years; who came, left or was here too briefly is not among them.
--   - Many of those who were absent in one year only come back by themselves, with or without help.
with

years as (

    select
        standing.student_key,
        standing.is_chronically_absent,
        dense_rank() over (order by standing.school_year desc) as years_ago
    from marts.student_attendance as standing
    where standing.entity_level = 'county' and standing.is_eligible

)

select
    case when before.is_chronically_absent then 'chronically absent' else 'not' end as last_year,
    case when now.is_chronically_absent then 'chronically absent' else 'not' end as this_year,
    count(*) as students
from years as now
inner join years as before
    on now.student_key = before.student_key
    and now.years_ago = 1
    and before.years_ago = 2
group by last_year, this_year
order by last_year, this_year
