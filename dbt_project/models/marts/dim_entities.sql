with

schools as (

    select * from {{ ref('stg_registry__schools') }}

),

districts as (

    -- one row per district: its schools may be of several senders, where charters report for themselves
    select
        district_cds_code,
        min(district_name) as district_name
    from schools
    group by district_cds_code

),

county as (

    select * from {{ ref('stg_registry__county') }}

),

named as (

    select
        'county' as entity_level,
        county_code || '000000000000' as cds_code,
        county_name as entity_name,
        cast(null as string) as district_cds_code,
        cast(null as string) as district_name,
        cast(null as string) as school_level,
        cast(null as boolean) as is_charter,
        cast(null as boolean) as is_dass
    from county

    union all

    select
        'district' as entity_level,
        district_cds_code as cds_code,
        district_name as entity_name,
        district_cds_code,
        district_name,
        cast(null as string) as school_level,
        cast(null as boolean) as is_charter,
        cast(null as boolean) as is_dass
    from districts

    union all

    select
        'school' as entity_level,
        schools.cds_code,
        schools.school_name as entity_name,
        schools.district_cds_code,
        districts.district_name,
        schools.school_level,
        schools.is_charter,
        schools.is_dass
    from schools
    inner join districts on schools.district_cds_code = districts.district_cds_code

)

select
    named.entity_level,
    named.cds_code,
    named.entity_name,
    {{ codes_of('named.entity_level', 'named.cds_code') }},
    named.district_cds_code,
    named.district_name,
    named.school_level,
    named.is_charter,
    named.is_dass,
    listed.instruction_level as directory_level,
    listed.is_charter as is_charter_in_directory,
    listed.grades_served,
    listed.is_open as is_open_in_directory,
    listed.city,
    listed.zip_code,
    listed.latitude,
    listed.longitude
from named
left join {{ ref('published_schools') }} as listed
    on named.entity_level = listed.entity_level
    and named.cds_code = listed.cds_code
