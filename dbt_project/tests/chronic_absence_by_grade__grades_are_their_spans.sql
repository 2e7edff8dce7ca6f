-- Tests: the grades of a span add up to the span, count for count. Matters when: a grade or a span is new. To resolve:
-- seed grades says which span a grade has.
with

added as (

    select
        school_year,
        entity_level,
        cds_code,
        grade_span as reporting_category,
        sum(eligible_enrollment) as eligible_enrollment,
        sum(chronic_count) as chronic_count,
        sum(severe_count) as severe_count
    from {{ ref('chronic_absence_by_grade') }}
    where reporting_category = 'TA'
    group by school_year, entity_level, cds_code, grade_span

),

told as (

    select absence.*
    from {{ ref('chronic_absence') }} as absence
    inner join {{ ref('reporting_categories') }} as categories
        on absence.reporting_category = categories.reporting_category
    where categories.category_family = 'grade'

)

select
    coalesce(added.cds_code, told.cds_code) as cds_code,
    coalesce(added.school_year, told.school_year) as school_year,
    coalesce(added.reporting_category, told.reporting_category) as reporting_category,
    added.eligible_enrollment as of_grades,
    told.eligible_enrollment as of_span
from added
full outer join told
    on added.school_year = told.school_year
    and added.entity_level = told.entity_level
    and added.cds_code = told.cds_code
    and added.reporting_category = told.reporting_category
where
    coalesce(added.eligible_enrollment, 0) <> coalesce(told.eligible_enrollment, 0)
    or coalesce(added.chronic_count, 0) <> coalesce(told.chronic_count, 0)
    or coalesce(added.severe_count, 0) <> coalesce(told.severe_count, 0)
