-- Eligible students and their days, by entity, reporting category and what the marts still cut by: grade, charter, and
-- whether chronically absent. Every mart of the year's student groups adds these up.
{% set measures = [
    'students_severe', 'students_absent', 'days_expected', 'days_attended', 'days_absent', 'days_excused',
    'days_unexcused', 'days_out_of_school_suspension', 'days_non_ada_independent_study'
] %}
with

students as (

    select
        attendance.school_year,
        attendance.entity_level,
        attendance.cds_code,
        attendance.student_key,
        traits.race_category,
        traits.gender_category,
        traits.grade,
        traits.charter_category,
        traits.dass_category,
        traits.school_type_category,
        attendance.is_chronically_absent,
        1 as students,
        case when bands.is_severe then 1 else 0 end as students_severe,
        case when attendance.days_absent > 0 then 1 else 0 end as students_absent,
        attendance.days_expected,
        attendance.days_attended,
        attendance.days_absent,
        attendance.days_excused,
        attendance.days_unexcused,
        attendance.days_out_of_school_suspension,
        attendance.days_non_ada_independent_study
    from {{ ref('student_attendance') }} as attendance
    inner join {{ ref('int_student_traits') }} as traits
        on attendance.school_year = traits.school_year
        and attendance.entity_level = traits.entity_level
        and attendance.cds_code = traits.cds_code
        and attendance.student_key = traits.student_key
    left join {{ ref('attendance_bands') }} as bands on attendance.attendance_band = bands.attendance_band
    where attendance.is_eligible

),

{{ in_every_group(keys=['grade', 'charter_category', 'is_chronically_absent'], measures=measures + ['students']) }}

select
    school_year,
    entity_level,
    cds_code,
    reporting_category,
    grade,
    charter_category,
    is_chronically_absent,
    cast(sum(students) as bigint) as students,
    cast(sum(students_severe) as bigint) as students_severe,
    cast(sum(students_absent) as bigint) as students_absent,
    cast(sum(days_expected) as decimal(14, 2)) as days_expected,
    cast(sum(days_attended) as decimal(14, 2)) as days_attended,
    cast(sum(days_absent) as decimal(14, 2)) as days_absent,
    cast(sum(days_excused) as decimal(14, 2)) as days_excused,
    cast(sum(days_unexcused) as decimal(14, 2)) as days_unexcused,
    cast(sum(days_out_of_school_suspension) as decimal(14, 2)) as days_out_of_school_suspension,
    cast(sum(days_non_ada_independent_study) as decimal(14, 2)) as days_non_ada_independent_study
from grouped
group by school_year, entity_level, cds_code, reporting_category, grade, charter_category, is_chronically_absent
