with

held_cells as (

    select * from {{ source('suppression', 'held_cells') }}

)

select
    school_year,
    entity_level,
    cds_code,
    topic,
    part,
    hides_students,
    students_of_all,
    chronic_of_all
from held_cells
