with

-- every school that is expected to send: of the latest school year also those of which not even a roster came
schools as (

    select * from {{ ref('school_submissions') }}

),

entities as (

    select * from {{ ref('int_school_entities') }}

),

own as (

    select
        cds_code,
        lea_code,
        school_code
    from entities
    where entity_level = 'school'

),

arrived as (

    select
        schools.school_year,
        entities.entity_level,
        entities.cds_code,
        count(*) as schools_enrolling,
        sum(case when schools.submission_status = 'submitted' then 1 else 0 end) as schools_submitted,
        sum(case when schools.attendance_source = 'daily' then 1 else 0 end) as schools_daily,
        sum(case when schools.is_silent then 1 else 0 end) as schools_silent,
        max(schools.school_days_silent) as school_days_silent,
        sum(schools.days_without_a_row) as days_without_a_row,
        min(schools.complete_through) as complete_through,
        max(schools.complete_through) as latest_complete_through
    from schools
    inner join own on schools.cds_code = own.cds_code
    inner join entities
        on own.lea_code = entities.lea_code
        and own.school_code = entities.school_code
    group by schools.school_year, entities.entity_level, entities.cds_code

)

select
    school_year,
    entity_level,
    cds_code,
    {{ codes_of('entity_level', 'cds_code') }},
    cast(schools_enrolling as integer) as schools_enrolling,
    cast(schools_submitted as integer) as schools_submitted,
    cast(schools_daily as integer) as schools_daily,
    cast(schools_silent as integer) as schools_silent,
    cast(school_days_silent as integer) as school_days_silent,
    cast(days_without_a_row as integer) as days_without_a_row,
    complete_through,
    latest_complete_through
from arrived
