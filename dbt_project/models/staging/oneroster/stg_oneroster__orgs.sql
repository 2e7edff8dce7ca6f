with

orgs as (

    select * from {{ source('oneroster', 'orgs') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

select
    orgs.school_year,
    orgs.sender as lea_code,
    orgs.org_id,
    orgs.org_name,
    orgs.org_type,
    orgs.parent_org_id,
    -- null where it is no school, or none that the registry knows
    schools.school_code
from orgs
left join schools
    on orgs.sender = schools.lea_code
    and orgs.org_type = 'school'
    and (
        right(orgs.identifier, 7) = schools.school_code
        or trim(leading '0' from orgs.identifier) = cast(schools.school_number as string)
    )
where orgs.status is distinct from 'tobedeleted'
