with

held_cells as (

    select * from {{ source('suppression', 'held_cells') }}

)

-- once, however often it was released
select distinct
    school_year,
    entity_level,
    cds_code,
    reporting_category
from held_cells
