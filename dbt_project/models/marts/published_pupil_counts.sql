with

counts as (

    select
        'school' as counted_as,
        *
    from {{ ref('stg_cde__pupil_counts_schools') }}

    union all

    select
        'lea' as counted_as,
        *
    from {{ ref('stg_cde__pupil_counts_leas') }}

),

county as (

    select * from {{ ref('stg_registry__county') }}

)

select
    counts.school_year,
    counts.counted_as,
    counts.cds_code,
    case when substr(counts.cds_code, 8, 7) = '0000000' then 'district' else 'school' end as entity_level,
    substr(counts.cds_code, 1, 2) as county_code,
    substr(counts.cds_code, 3, 5) as district_code,
    case when substr(counts.cds_code, 8, 7) <> '0000000' then substr(counts.cds_code, 8, 7) end as school_code,
    counts.entity_name,
    counts.is_charter,
    counts.is_independent_charter,
    counts.low_grade,
    counts.high_grade,
    counts.total_enrollment,
    counts.unduplicated_count,
    counts.meal_eligible,
    counts.meal_program,
    counts.direct_certification,
    counts.english_learners,
    counts.foster,
    counts.tribal_foster,
    counts.homeless,
    counts.migrant,
    counts.is_certified
from counts
-- the files are of all California
inner join county on substr(counts.cds_code, 1, 2) = county.county_code
