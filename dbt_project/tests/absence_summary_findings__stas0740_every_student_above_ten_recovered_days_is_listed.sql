-- Tests: STAS0740: whoever has more than ten days of attendance recovery over the LEA's schools is in the list,
-- and nobody else is. The rows stay: the LEA mends them, and no other district waits for it.
-- Matters when: int_stas_findings changes.
-- To resolve: make int_stas_findings list them.
with

recovered as (

    select
        school_year,
        lea_code,
        student_key,
        coalesce(sum(attendance_recovery_days), 0) as days_recovered
    from {{ ref('stg_calpads__absence_summaries') }}
    group by school_year, lea_code, student_key

),

listed as (

    -- one row per student, who is listed once per school
    select distinct
        school_year,
        lea_code,
        student_key
    from {{ ref('absence_summary_findings') }}
    where rule_code = 'STAS0740'

)

select
    recovered.*,
    listed.student_key as listed_as
from recovered
full join listed
    on recovered.school_year = listed.school_year
    and recovered.lea_code = listed.lea_code
    and recovered.student_key = listed.student_key
where (coalesce(recovered.days_recovered, 0) > 10) <> (listed.student_key is not null)
