-- question: Which schools stand worse now than at the same time last year?
-- asked_by: cabinet, attendance team
-- columns: district_name, school_name, chronic_rate, chronic_rate_a_year_ago, points_more, students
-- mind:
--   - Small schools move by chance; look at the students.
--   - Only schools whose attendance arrives day by day can be compared within a year.
with

latest as (

    select *
    from marts.attendance_to_date
    where
        entity_level = 'school'
        and reporting_category = 'TA'
        and school_year = (select max(school_year) from marts.attendance_to_date)
    qualify row_number() over (partition by cds_code order by school_month desc) = 1

)

select
    entities.district_name,
    entities.entity_name as school_name,
    latest.chronic_rate,
    before.chronic_rate as chronic_rate_a_year_ago,
    latest.chronic_rate - before.chronic_rate as points_more,
    latest.eligible_enrollment as students
from latest
inner join marts.attendance_to_date as before
    on latest.cds_code = before.cds_code
    and latest.school_month = before.school_month
    and before.reporting_category = 'TA'
    and left(before.school_year, 4)::integer = left(latest.school_year, 4)::integer - 1
inner join marts.dim_entities as entities on latest.cds_code = entities.cds_code
order by points_more desc
limit 20
