{{ config(alias='attendance_bands') }}
-- Counties and districts only: all bands of a place, or none of them.
with

students as (

    select *
    from {{ ref('student_attendance') }}
    where is_eligible and entity_level in ('county', 'district')

),

bands as (

    select * from {{ ref('attendance_bands') }}

),

threshold as (

    select value as largest_hidden_group
    from {{ ref('suppression_thresholds') }}
    where rule = 'largest_hidden_group'

),

entities as (

    -- one row per entity and year that has eligible students
    select
        school_year,
        entity_level,
        cds_code,
        count(*) as eligible_enrollment
    from students
    group by school_year, entity_level, cds_code

),

counted as (

    select
        entities.school_year,
        entities.entity_level,
        entities.cds_code,
        bands.attendance_band,
        bands.band_name,
        bands.is_chronic,
        bands.sort_order,
        entities.eligible_enrollment,
        count(students.student_key) as students
    from entities
    cross join bands
    left join students
        on entities.school_year = students.school_year
        and entities.entity_level = students.entity_level
        and entities.cds_code = students.cds_code
        and bands.attendance_band = students.attendance_band
    group by
        entities.school_year, entities.entity_level, entities.cds_code, bands.attendance_band, bands.band_name,
        bands.is_chronic, bands.sort_order, entities.eligible_enrollment

),

held as (

    -- the last release hid them
    select distinct
        school_year,
        entity_level,
        cds_code,
        students_of_all,
        chronic_of_all
    from {{ ref('stg_suppression__held_cells') }}
    where topic = 'band'

),

places as (

    select
        counted.school_year,
        counted.entity_level,
        counted.cds_code,
        max(counted.eligible_enrollment) as eligible_enrollment,
        sum(case when counted.is_chronic then counted.students else 0 end) as chronic_count,
        -- they add up to the students, and those of ten percent and more to the chronically absent
        min(counted.students) <= max(threshold.largest_hidden_group)
        or bool_or(coalesce(hidden.hides_chronic, true)) as is_hidden
    from counted
    cross join threshold
    left join {{ ref('int_suppressed_counts') }} as hidden
        on counted.school_year = hidden.school_year
        and counted.entity_level = hidden.entity_level
        and counted.cds_code = hidden.cds_code
        and hidden.topic = 'group'
        and hidden.part = 'TA'
    group by counted.school_year, counted.entity_level, counted.cds_code

),

unmoved as (

    select
        places.*,
        held.cds_code is not null as is_held
    from places
    left join held
        on places.school_year = held.school_year
        and places.entity_level = held.entity_level
        and places.cds_code = held.cds_code
        and places.eligible_enrollment = held.students_of_all
        and places.chronic_count = held.chronic_of_all

),

ordered as (

    select
        *,
        count(case when is_hidden or is_held then 1 end) over (partition by school_year, entity_level) as hidden_places,
        row_number() over (
            partition by school_year, entity_level
            order by is_hidden or is_held, eligible_enrollment, cds_code
        ) as place
    from unmoved

),

marked as (

    select
        *,
        -- one hidden district would be the county less the others
        is_held or (entity_level = 'district' and hidden_places = 1 and place = 1 and not is_hidden) as is_company
    from ordered

)

select
    counted.school_year,
    counted.entity_level,
    counted.cds_code,
    cast(counted.attendance_band as string) as attendance_band,
    cast(counted.band_name as string) as band_name,
    cast(counted.sort_order as integer) as sort_order,
    case when not (marked.is_hidden or marked.is_company) then cast(counted.students as integer) end as students,
    case
        when not (marked.is_hidden or marked.is_company)
            then {{ percent('counted.students', 'counted.eligible_enrollment') }}
    end as share,
    case when marked.is_hidden then 'small_group' when marked.is_company then 'complement' end as suppression_reason
from counted
inner join marked
    on counted.school_year = marked.school_year
    and counted.entity_level = marked.entity_level
    and counted.cds_code = marked.cds_code
