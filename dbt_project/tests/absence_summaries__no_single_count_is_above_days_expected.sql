-- Tests: STAS0307, 0309, 0310 and 0588: suspension, excused, unexcused and ADA independent study are each at most
-- the days expected.
-- Matters when: a row got past the load, which rejects it by the rules of its contract.
-- To resolve: see rules in ingestion/contracts/calpads/stas.yml, then `attendance load --again`.
with

summaries as (

    select * from {{ ref('stg_calpads__absence_summaries') }}

)

select *
from summaries
where
    days_out_of_school_suspension > days_expected
    or days_excused > days_expected
    or days_unexcused > days_expected
    or days_ada_independent_study > days_expected
