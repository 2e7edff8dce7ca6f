-- Tests: STAS0739, attendance recovery is 0 to 10 whole days, and no more than the days absent (EC 46211).
-- Matters when: a row got past the load, which rejects it by the rules of its contract.
-- To resolve: see rules in ingestion/contracts/calpads/stas.yml, then `attendance load --again`.
with

summaries as (

    select * from {{ ref('stg_calpads__absence_summaries') }}

)

select *
from summaries
where
    attendance_recovery_days < 0
    or attendance_recovery_days > 10
    or attendance_recovery_days
    > coalesce(days_out_of_school_suspension, 0)
    + coalesce(days_excused, 0)
    + coalesce(days_unexcused, 0)
    + coalesce(days_non_ada_independent_study, 0)
