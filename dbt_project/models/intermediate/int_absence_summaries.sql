-- A student's year at a school in days, from STAS; from report 14.2 for an LEA and year of which no STAS arrived.
with

summaries as (

    select * from {{ ref('stg_calpads__absence_summaries') }}

),

submitted as (

    -- one row per LEA and year whose STAS is here
    select distinct
        school_year,
        lea_code
    from summaries

),

lists as (

    select lists.*
    from {{ ref('stg_calpads__absence_lists') }} as lists
    left join submitted
        on lists.school_year = submitted.school_year
        and lists.lea_code = submitted.lea_code
    where submitted.lea_code is null

)

select
    school_year,
    lea_code,
    school_code,
    student_key,
    'STAS' as record_source,
    is_exempt,
    is_hourly,
    days_expected,
    days_attended_in_person,
    days_out_of_school_suspension,
    days_in_school_suspension,
    days_excused,
    days_unexcused,
    days_non_ada_independent_study,
    days_ada_independent_study,
    attendance_recovery_days
from summaries

union all

select
    school_year,
    lea_code,
    school_code,
    student_key,
    'report 14.2' as record_source,
    -- an exempt student has no days in the report
    false as is_exempt,
    cast(null as boolean) as is_hourly,
    days_expected,
    days_attended_in_person,
    days_out_of_school_suspension,
    days_in_school_suspension,
    days_excused,
    days_unexcused,
    days_non_ada_independent_study,
    days_ada_independent_study,
    cast(null as integer) as attendance_recovery_days
from lists
