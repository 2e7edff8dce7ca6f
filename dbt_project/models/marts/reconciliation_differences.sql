-- Student by student, where daily records and what was certified or kept of the year differ by more than a day, and
-- why.
with

compared as (

    select * from {{ ref('int_compared_days') }}
    where cause is not null

),

schools as (

    select
        cds_code,
        lea_code,
        school_code
    from {{ ref('int_school_entities') }}
    where entity_level = 'school'

)

select
    compared.school_year,
    schools.cds_code,
    {{ codes_of("'school'", 'schools.cds_code') }},
    compared.lea_code,
    compared.student_key,
    compared.record_source,
    compared.our_days_expected,
    compared.their_days_expected,
    compared.our_days_absent,
    compared.their_days_absent,
    compared.cause
from compared
inner join schools
    on compared.lea_code = schools.lea_code
    and compared.school_code = schools.school_code
