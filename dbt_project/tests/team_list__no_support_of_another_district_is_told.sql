-- What: a school's list counts no more supports than the LEAs of its district gave the student in the year.
-- When it matters: a school would read what another district tried this year; transitions grants last year's
-- (docs/access.md).
-- How to resolve: the supports in marts/team_list.sql must be the LEA's own.
with

given as (

    select
        supports.school_year,
        supports.student_key,
        substr(schools.cds_code, 3, 5) as district_code,
        count(*) as supports
    from {{ ref('int_supports') }} as supports
    inner join {{ ref('int_school_entities') }} as schools
        on supports.lea_code = schools.lea_code
        and supports.school_code = schools.school_code
    where schools.entity_level = 'school'
    group by supports.school_year, supports.student_key, substr(schools.cds_code, 3, 5)

)

select
    listed.student_key,
    listed.cds_code,
    listed.school_month
from {{ ref('team_list') }} as listed
left join given
    on listed.school_year = given.school_year
    and listed.student_key = given.student_key
    and listed.district_code = given.district_code
where listed.supports_so_far > coalesce(given.supports, 0)
