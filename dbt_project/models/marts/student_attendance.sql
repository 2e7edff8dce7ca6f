with

judged as (

    select * from {{ ref('int_chronic_absence_rule') }}

),

traits as (

    select * from {{ ref('int_student_traits') }}

)

select
    judged.school_year,
    judged.entity_level,
    judged.cds_code,
    {{ codes_of('judged.entity_level', 'judged.cds_code') }},
    judged.student_key,
    traits.grade,
    judged.attendance_source,
    judged.days_expected,
    cast(judged.days_attended as decimal(8, 2)) as days_attended,
    judged.days_absent,
    judged.days_excused,
    judged.days_unexcused,
    judged.days_out_of_school_suspension,
    judged.days_non_ada_independent_study,
    judged.days_unmapped,
    judged.days_partial,
    judged.absence_rate,
    judged.is_exempt,
    judged.is_eligible,
    judged.is_chronically_absent,
    judged.attendance_band
from judged
left join traits
    on judged.school_year = traits.school_year
    and judged.entity_level = traits.entity_level
    and judged.cds_code = traits.cds_code
    and judged.student_key = traits.student_key
