-- Tests: STAS0651, schools 0000001 and 0000002 (nonpublic, private) have no absence summaries.
-- Matters when: a row got past the load, which rejects it by the rules of its contract.
-- To resolve: see rules in ingestion/contracts/calpads/stas.yml, then `attendance load --again`.
with

summaries as (

    select * from {{ ref('stg_calpads__absence_summaries') }}

)

select *
from summaries
where
    school_code in ('0000001', '0000002')
