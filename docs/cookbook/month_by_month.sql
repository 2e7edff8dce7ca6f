-- question: How does this month compare with the same month of last year?
-- asked_by: cabinet, board, attendance team
-- columns: month_name, chronic_rate, chronic_rate_a_year_ago, attendance_rate, is_complete
-- mind:
--   - Each month is judged on the days so far, among students expected on ten or more. It is not the state's figure.
--   - A month that is not complete will still change.
with

months as (

    select *
    from marts.attendance_to_date
    where entity_level = 'county' and reporting_category = 'TA'

)

select
    monthname(now.as_of_date) as month_name,
    now.chronic_rate,
    before.chronic_rate as chronic_rate_a_year_ago,
    now.attendance_rate,
    now.is_complete
from months as now
left join months as before
    on now.school_month = before.school_month
    and year(now.as_of_date) = year(before.as_of_date) + 1
where now.school_year = (select max(school_year) from months)
order by now.school_month
