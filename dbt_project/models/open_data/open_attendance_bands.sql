{{ config(alias='attendance_bands') }}
-- Counties and districts only. A chronic band that is small hides its sister too, because their sum is published.
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

smallest as (

    select
        counted.*,
        min(counted.students) over (
            partition by counted.school_year, counted.entity_level, counted.cds_code, counted.is_chronic
        ) <= threshold.largest_hidden_group as is_hidden,
        counted.students <= threshold.largest_hidden_group as is_small
    from counted
    cross join threshold

)

select
    school_year,
    entity_level,
    cds_code,
    cast(attendance_band as string) as attendance_band,
    cast(band_name as string) as band_name,
    cast(sort_order as integer) as sort_order,
    case when not is_hidden then cast(students as integer) end as students,
    case when not is_hidden then {{ percent('students', 'eligible_enrollment') }} end as share,
    case when is_small then 'small_group' when is_hidden then 'complement' end as suppression_reason
from smallest
