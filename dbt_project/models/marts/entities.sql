with

leas as (

    select * from {{ ref('stg_registry__leas') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

),

county as (

    select * from {{ ref('stg_registry__county') }}

),

named as (

    select
        'county' as entity_level,
        county_code || '000000000000' as cds_code,
        county_name as entity_name,
        cast(null as varchar) as district_cds_code,
        cast(null as varchar) as district_name,
        cast(null as varchar) as school_level,
        cast(null as boolean) as is_charter,
        cast(null as boolean) as is_dass
    from county

    union all

    select
        'district' as entity_level,
        lea_code || '0000000' as cds_code,
        lea_name as entity_name,
        lea_code || '0000000' as district_cds_code,
        lea_name as district_name,
        cast(null as varchar) as school_level,
        cast(null as boolean) as is_charter,
        cast(null as boolean) as is_dass
    from leas

    union all

    select
        'school' as entity_level,
        schools.lea_code || schools.school_code as cds_code,
        schools.school_name as entity_name,
        schools.lea_code || '0000000' as district_cds_code,
        leas.lea_name as district_name,
        schools.school_level,
        schools.is_charter,
        schools.is_dass
    from schools
    inner join leas on schools.lea_code = leas.lea_code

)

select
    entity_level,
    cds_code,
    entity_name,
    {{ codes_of('entity_level', 'cds_code') }},
    district_cds_code,
    district_name,
    school_level,
    is_charter,
    is_dass
from named
