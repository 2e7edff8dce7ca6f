with

results as (

    select * from {{ source('chks', 'results') }}

)

select
    school_year,
    cds_code,
    grade,
    respondent_group,
    module,
    indicator_code,
    measure_type,
    n_respondents as respondents,
    n_enrolled as enrolled,
    value_pct as value_percent,
    instrument_version
from results
where is_suppressed is distinct from 'Y'
