-- Tests: what is hidden in race, gender or grade cannot be had by subtracting what is shown from all students.
-- Matters when: suppression changes. To resolve: see int_suppressed_cells.
with

families as (

    select
        shown.school_year,
        shown.entity_level,
        shown.cds_code,
        categories.category_family,
        max(total.eligible_enrollment) - sum(coalesce(shown.eligible_enrollment, 0)) as students_hidden,
        sum(case when shown.suppression_reason is not null then 1 else 0 end) as cells_hidden
    from {{ ref('open_chronic_absence') }} as shown
    inner join {{ ref('reporting_categories') }} as categories
        on shown.reporting_category = categories.reporting_category
    inner join {{ ref('open_chronic_absence') }} as total
        on shown.school_year = total.school_year
        and shown.entity_level = total.entity_level
        and shown.cds_code = total.cds_code
        and total.reporting_category = 'TA'
    where
        categories.category_family in ('race', 'gender', 'grade')
        and total.eligible_enrollment is not null
    group by shown.school_year, shown.entity_level, shown.cds_code, categories.category_family

)

select families.*
from families
inner join {{ ref('suppression_thresholds') }} as threshold
    on threshold.rule = 'largest_hidden_group'
where
    families.cells_hidden = 1
    or (families.cells_hidden > 1 and families.students_hidden <= threshold.value)
