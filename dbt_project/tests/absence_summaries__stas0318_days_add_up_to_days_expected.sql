-- Tests: STAS0318, that days expected are the sum of days attended and absent; until 2020-21 in-school suspension
-- is part of days attended and there is no ADA-generating independent study.
-- Matters when: a row got past the load, which rejects it by the rules of its contract.
-- To resolve: see rules in ingestion/contracts/calpads/stas.yml, then `attendance load --again`.
with

summaries as (

    select * from {{ ref('stg_calpads__absence_summaries') }}

)

select *
from summaries
where
    abs(
        days_expected
        - coalesce(days_attended_in_person, 0)
        - coalesce(days_out_of_school_suspension, 0)
        - coalesce(days_excused, 0)
        - coalesce(days_unexcused, 0)
        - coalesce(days_non_ada_independent_study, 0)
        - case when school_year >= '2021-22' then coalesce(days_in_school_suspension, 0) else 0 end
        - case when school_year >= '2021-22' then coalesce(days_ada_independent_study, 0) else 0 end
    ) > 0.01
