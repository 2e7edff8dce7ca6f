-- Tests: the categories of a family add up to all students where it covers everybody, and to no more where it covers
-- those whose grade is known (seed category_families). Matters when: a code is new. To resolve: add the code to seeds/
-- (race_groups, gender_groups, grades, school_groups).
with

families as (

    select
        absence.school_year,
        absence.entity_level,
        absence.cds_code,
        categories.category_family,
        families.covers,
        sum(absence.eligible_enrollment) as eligible_enrollment,
        sum(absence.chronic_count) as chronic_count,
        sum(absence.severe_count) as severe_count,
        sum(absence.days_attended) as days_attended
    from {{ ref('chronic_absence') }} as absence
    inner join {{ ref('reporting_categories') }} as categories
        on absence.reporting_category = categories.reporting_category
    inner join {{ ref('category_families') }} as families
        on categories.category_family = families.category_family
    where
        families.covers in ('everybody', 'graded')
        and absence.submission_status = 'submitted'
    group by
        absence.school_year, absence.entity_level, absence.cds_code, categories.category_family, families.covers

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
    or families.severe_count > total.severe_count
    or families.days_attended > total.days_attended
    or (
        families.covers = 'everybody'
        and (
            families.eligible_enrollment < total.eligible_enrollment
            or families.chronic_count < total.chronic_count
            or families.severe_count < total.severe_count
            or families.days_attended < total.days_attended
        )
    )
