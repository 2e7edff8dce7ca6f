-- The bridge over which one rule serves every level: each school belongs to itself, its district and the county.
with

schools as (

    select * from {{ ref('stg_registry__schools') }}

),

county as (

    select * from {{ ref('stg_registry__county') }}

)

select
    'school' as entity_level,
    schools.lea_code || schools.school_code as cds_code,
    schools.lea_code,
    schools.school_code
from schools

union all

select
    'district' as entity_level,
    schools.lea_code || '0000000' as cds_code,
    schools.lea_code,
    schools.school_code
from schools

union all

select
    'county' as entity_level,
    county.county_code || '000000000000' as cds_code,
    schools.lea_code,
    schools.school_code
from schools
cross join county
