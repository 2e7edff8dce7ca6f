with

snapshots as (

    select
        *,
        row_number() over (partition by cds_code order by school_year desc) as place
    from {{ ref('stg_cde__schools') }}

),

county as (

    select * from {{ ref('stg_registry__county') }}

)

select
    snapshots.cds_code,
    snapshots.entity_level,
    substr(snapshots.cds_code, 1, 2) as county_code,
    substr(snapshots.cds_code, 3, 5) as district_code,
    case when snapshots.entity_level = 'school' then substr(snapshots.cds_code, 8, 7) end as school_code,
    snapshots.entity_name,
    snapshots.district_name,
    snapshots.status,
    snapshots.status = 'Active' as is_open,
    snapshots.open_date,
    snapshots.closed_date,
    snapshots.is_charter,
    snapshots.funding_type,
    snapshots.district_type,
    snapshots.school_type,
    snapshots.option_name,
    snapshots.instruction_level,
    snapshots.grades_offered,
    snapshots.grades_served,
    snapshots.is_fully_virtual,
    snapshots.is_magnet,
    snapshots.city,
    snapshots.zip_code,
    snapshots.latitude,
    snapshots.longitude,
    snapshots.school_year as snapshot_school_year
from snapshots
-- the directory is of all California
inner join county on substr(snapshots.cds_code, 1, 2) = county.county_code
where snapshots.place = 1
