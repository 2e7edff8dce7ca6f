with

company as (

    select * from {{ source('suppression', 'company') }}

)

select
    school_year,
    entity_level,
    cds_code,
    topic,
    part,
    bool_or(measure = 'eligible') as hides_students
from company
group by school_year, entity_level, cds_code, topic, part
