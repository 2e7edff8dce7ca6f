with

students as (

    select
        attendance.school_year,
        attendance.entity_level,
        attendance.cds_code,
        traits.residential_zip,
        attendance.is_chronically_absent,
        bands.is_severe,
        attendance.days_expected,
        attendance.days_attended
    from {{ ref('student_attendance') }} as attendance
    inner join {{ ref('int_student_traits') }} as traits
        on attendance.school_year = traits.school_year
        and attendance.entity_level = traits.entity_level
        and attendance.cds_code = traits.cds_code
        and attendance.student_key = traits.student_key
    left join {{ ref('attendance_bands') }} as bands on attendance.attendance_band = bands.attendance_band
    where
        attendance.is_eligible
        and attendance.entity_level in ('district', 'county')

),

counted as (

    select
        school_year,
        entity_level,
        cds_code,
        residential_zip,
        count(*) as eligible_enrollment,
        sum(case when is_chronically_absent then 1 else 0 end) as chronic_count,
        sum(case when is_severe then 1 else 0 end) as severe_count,
        sum(days_expected) as days_expected,
        sum(days_attended) as days_attended
    from students
    group by school_year, entity_level, cds_code, residential_zip

)

select
    school_year,
    entity_level,
    cds_code,
    {{ codes_of('entity_level', 'cds_code') }},
    residential_zip,
    cast(eligible_enrollment as integer) as eligible_enrollment,
    cast(chronic_count as integer) as chronic_count,
    {{ percent('chronic_count', 'eligible_enrollment') }} as chronic_rate,
    cast(severe_count as integer) as severe_count,
    {{ percent('severe_count', 'eligible_enrollment') }} as severe_rate,
    cast(days_expected as decimal(14, 2)) as days_expected,
    cast(days_attended as decimal(14, 2)) as days_attended,
    {{ percent('days_attended', 'days_expected', decimals=2) }} as attendance_rate
from counted
