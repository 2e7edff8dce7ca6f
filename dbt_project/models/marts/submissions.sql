with

schools as (

    select * from {{ ref('int_submissions') }}

),

entities as (

    select * from {{ ref('int_school_entities') }}

)

select
    schools.school_year,
    entities.entity_level,
    entities.cds_code,
    cast(count(*) as integer) as schools_enrolling,
    cast(sum(case when schools.submission_status = 'submitted' then 1 else 0 end) as integer) as schools_submitted,
    cast(sum(case when schools.attendance_source = 'daily' then 1 else 0 end) as integer) as schools_daily,
    min(schools.complete_through) as complete_through,
    max(schools.complete_through) as latest_complete_through
from schools
inner join entities
    on schools.lea_code = entities.lea_code
    and schools.school_code = entities.school_code
group by schools.school_year, entities.entity_level, entities.cds_code
