-- The programme groups to which a student belongs at an entity in a year: where a programme's dates meet a stint there.
-- The groups of everybody (race, gender, grade) need no row per student: int_group_totals takes them from traits.
with

stints as (

    select * from {{ ref('int_entity_stints') }}

)

-- distinct, because a student may enter and leave a programme several times in a year
select distinct
    stints.school_year,
    stints.entity_level,
    stints.cds_code,
    stints.student_key,
    spans.reporting_category
from stints
inner join {{ ref('int_program_spans') }} as spans
    on stints.school_year = spans.school_year
    and stints.student_key = spans.student_key
    and stints.first_date <= spans.last_date
    and stints.last_date >= spans.first_date
