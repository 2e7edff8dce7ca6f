-- Tests: STAS0311, non-ADA independent study is at most the days expected and not attended.
-- Matters when: a row got past the load, which rejects it by the rules of its contract.
-- To resolve: see rules in ingestion/contracts/calpads/stas.yml, then `attendance load --again`.
with

summaries as (

    select * from {{ ref('stg_calpads__absence_summaries') }}

)

select *
from summaries
where
    days_non_ada_independent_study
    > days_expected
    - coalesce(days_attended_in_person, 0)
    - case when school_year >= '2021-22' then coalesce(days_in_school_suspension, 0) else 0 end
    + 0.01
