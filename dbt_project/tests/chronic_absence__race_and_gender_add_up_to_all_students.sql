-- Tests: every student stands in one race and one gender, and in no more than one grade span (in none where the LEA
-- sent no grade). Matters when: a code is new. To resolve: add the code to seeds/ (race_groups, gender_groups, grades).
with

families as (

    select
        absence.school_year,
        absence.entity_level,
        absence.cds_code,
        categories.category_family,
        sum(absence.eligible_enrollment) as eligible_enrollment,
        sum(absence.chronic_count) as chronic_count
    from {{ ref('chronic_absence') }} as absence
    inner join {{ ref('reporting_categories') }} as categories
        on absence.reporting_category = categories.reporting_category
    where
        categories.category_family in ('race', 'gender', 'grade')
        and absence.submission_status = 'submitted'
    group by absence.school_year, absence.entity_level, absence.cds_code, categories.category_family

)

select
    families.*,
    total.eligible_enrollment as all_students,
    total.chronic_count as all_chronic
from families
inner join {{ ref('chronic_absence') }} as total
    on families.school_year = total.school_year
    and families.entity_level = total.entity_level
    and families.cds_code = total.cds_code
    and total.reporting_category = 'TA'
where
    families.eligible_enrollment > total.eligible_enrollment
    or families.chronic_count > total.chronic_count
    or (
        families.category_family <> 'grade'
        and (families.eligible_enrollment < total.eligible_enrollment or families.chronic_count < total.chronic_count)
    )
