with

schools as (

    select * from {{ ref('int_submissions') }}

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

silences as (

    select
        school_submissions.school_year,
        entities.entity_level,
        entities.cds_code,
        sum(case when school_submissions.is_silent then 1 else 0 end) as schools_silent,
        max(school_submissions.school_days_silent) as school_days_silent,
        sum(school_submissions.days_without_a_row) as days_without_a_row
    from {{ ref('school_submissions') }} as school_submissions
    inner join own on school_submissions.cds_code = own.cds_code
    inner join entities
        on own.lea_code = entities.lea_code
        and own.school_code = entities.school_code
    group by school_submissions.school_year, entities.entity_level, entities.cds_code

),

arrived as (

    select
        schools.school_year,
        entities.entity_level,
        entities.cds_code,
        count(*) as schools_enrolling,
        sum(case when schools.submission_status = 'submitted' then 1 else 0 end) as schools_submitted,
        sum(case when schools.attendance_source = 'daily' then 1 else 0 end) as schools_daily,
        min(schools.complete_through) as complete_through,
        max(schools.complete_through) as latest_complete_through
    from schools
    inner join entities
        on schools.lea_code = entities.lea_code
        and schools.school_code = entities.school_code
    group by schools.school_year, entities.entity_level, entities.cds_code

)

select
    arrived.school_year,
    arrived.entity_level,
    arrived.cds_code,
    {{ codes_of('arrived.entity_level', 'arrived.cds_code') }},
    cast(arrived.schools_enrolling as integer) as schools_enrolling,
    cast(arrived.schools_submitted as integer) as schools_submitted,
    cast(arrived.schools_daily as integer) as schools_daily,
    cast(silences.schools_silent as integer) as schools_silent,
    cast(silences.school_days_silent as integer) as school_days_silent,
    cast(silences.days_without_a_row as integer) as days_without_a_row,
    arrived.complete_through,
    arrived.latest_complete_through
from arrived
left join silences
    on arrived.school_year = silences.school_year
    and arrived.entity_level = silences.entity_level
    and arrived.cds_code = silences.cds_code
