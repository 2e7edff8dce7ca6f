-- The bridge over which one rule serves every level: each school belongs to itself, its district and the county. A
-- charter that reports for itself belongs to the district that authorised it, as in the state's files.
with

schools as (

    select * from {{ ref('stg_registry__schools') }}

),

county as (

    select * from {{ ref('stg_registry__county') }}

)

select
    'school' as entity_level,
    schools.cds_code,
    schools.lea_code,
    schools.school_code
from schools

union all

select
    'district' as entity_level,
    schools.district_cds_code as cds_code,
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
