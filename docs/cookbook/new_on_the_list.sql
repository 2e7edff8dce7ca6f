-- question: Who is new on a school's list this month, and what has been tried?
-- asked_by: attendance team
-- columns: list_key, grade, days_absent, days_expected, absence_rate, tier, supports_tried
-- student_level: yes
-- may_be_empty: in a month in which nobody is new, there are no rows.
-- mind:
--   - The school is the one with most students on its list; put your own school's code in its place.
--   - list_key is the same on each list of this school and stands nowhere else.
with

lists as (

    select *
    from marts.team_list
    where school_month = (select max(school_month) - 1 from marts.team_list)

),

school as (

    select mode(cds_code) as cds_code
    from lists

)

select
    lists.list_key,
    lists.grade,
    lists.days_absent,
    lists.days_expected,
    lists.absence_rate,
    lists.tier,
    lists.supports_tried
from lists
inner join school using (cds_code)
where lists.is_new
order by lists.absence_rate desc
