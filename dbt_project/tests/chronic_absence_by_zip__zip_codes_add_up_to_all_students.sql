-- Tests: the ZIP codes of a district or the county, the row without one included, add up to all of its students.
-- Matters when: a source of ZIP codes is new. To resolve: int_student_traits has one row per student and entity.
with

added as (

    select
        school_year,
        cds_code,
        sum(eligible_enrollment) as eligible_enrollment,
        sum(chronic_count) as chronic_count,
        sum(days_attended) as days_attended
    from {{ ref('chronic_absence_by_zip') }}
    group by school_year, cds_code

),

total as (

    select * from {{ ref('chronic_absence') }}
    where
        entity_level in ('district', 'county')
        and reporting_category = 'TA'
        and submission_status = 'submitted'

)

select
    coalesce(added.cds_code, total.cds_code) as cds_code,
    coalesce(added.school_year, total.school_year) as school_year,
    added.eligible_enrollment as of_zip_codes,
    total.eligible_enrollment as all_students
from added
full outer join total
    on added.school_year = total.school_year
    and added.cds_code = total.cds_code
where
    coalesce(added.eligible_enrollment, 0) <> coalesce(total.eligible_enrollment, 0)
    or coalesce(added.chronic_count, 0) <> coalesce(total.chronic_count, 0)
    or coalesce(added.days_attended, 0) <> coalesce(total.days_attended, 0)
