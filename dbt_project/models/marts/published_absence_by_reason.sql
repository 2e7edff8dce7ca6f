with

published as (

    select * from {{ ref('stg_cde__absenteeism_reason') }}

),

county as (

    select * from {{ ref('stg_registry__county') }}

)

select
    published.school_year,
    published.entity_level,
    published.county_code
    || coalesce(published.district_code, '00000')
    || coalesce(published.school_code, '0000000') as cds_code,
    published.county_code,
    published.district_code,
    published.school_code,
    published.entity_name,
    published.charter,
    published.dass,
    published.reporting_category,
    published.eligible_enrollment,
    published.students_absent,
    published.average_days as average_days_absent,
    published.total_days as days_absent,
    published.days_excused,
    published.days_unexcused,
    published.days_out_of_school_suspension,
    published.days_non_ada_independent_study,
    published.percent_excused,
    published.percent_unexcused,
    published.percent_out_of_school_suspension,
    published.percent_non_ada_independent_study,
    case when published.eligible_enrollment is null then 'suppressed_by_cde' end as suppression_reason
from published
inner join county
    -- the files are of all California: ours, and the state beside which it is read
    on published.county_code = county.county_code or published.entity_level = 'state'
