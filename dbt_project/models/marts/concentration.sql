with

places as (

    select
        school_year,
        'school' as place_kind,
        cds_code as place_code,
        eligible_enrollment,
        chronic_count
    from {{ ref('chronic_absence') }}
    where
        entity_level = 'school'
        and reporting_category = 'TA'
        and submission_status = 'submitted'

    union all

    select
        school_year,
        'zip' as place_kind,
        residential_zip as place_code,
        eligible_enrollment,
        chronic_count
    from {{ ref('chronic_absence_by_zip') }}
    where entity_level = 'county'

),

county as (

    select county_code || '000000000000' as cds_code
    from {{ ref('stg_registry__county') }}

),

ranked as (

    select
        *,
        rank() over (partition by school_year, place_kind order by chronic_count desc) as chronic_rank,
        sum(chronic_count) over (partition by school_year, place_kind) as chronic_of_all,
        sum(eligible_enrollment) over (partition by school_year, place_kind) as enrollment_of_all,
        -- places of one count in the order of their codes, so that each build has the same
        sum(chronic_count) over (
            partition by school_year, place_kind
            order by chronic_count desc, place_code asc nulls last
            rows between unbounded preceding and current row
        ) as chronic_so_far
    from places

)

select
    ranked.school_year,
    county.cds_code,
    substr(county.cds_code, 1, 2) as county_code,
    ranked.place_kind,
    ranked.place_code,
    schools.entity_name as school_name,
    ranked.eligible_enrollment,
    ranked.chronic_count,
    {{ percent('ranked.chronic_count', 'ranked.eligible_enrollment') }} as chronic_rate,
    cast(ranked.chronic_rank as integer) as chronic_rank,
    {{ percent('ranked.chronic_count', 'ranked.chronic_of_all') }} as share_of_chronic,
    cast(ranked.chronic_so_far as integer) as chronic_so_far,
    {{ percent('ranked.chronic_so_far', 'ranked.chronic_of_all') }} as share_so_far,
    {{ percent('ranked.eligible_enrollment', 'ranked.enrollment_of_all') }} as share_of_enrollment
from ranked
cross join county
left join {{ ref('dim_entities') }} as schools
    on ranked.place_kind = 'school'
    and schools.entity_level = 'school'
    and ranked.place_code = schools.cds_code
