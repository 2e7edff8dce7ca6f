-- Which cells of chronic_absence stay hidden, and why. What is hidden must not come back by subtraction on a page.
with

threshold as (

    select value as largest_hidden_group
    from {{ ref('suppression_thresholds') }}
    where rule = 'largest_hidden_group'

),

cells as (

    select
        absence.school_year,
        absence.entity_level,
        absence.cds_code,
        absence.reporting_category,
        categories.category_family,
        categories.sort_order,
        absence.eligible_enrollment,
        total.eligible_enrollment - absence.eligible_enrollment as complement,
        threshold.largest_hidden_group
    from {{ ref('chronic_absence') }} as absence
    inner join {{ ref('reporting_categories') }} as categories
        on absence.reporting_category = categories.reporting_category
    inner join {{ ref('category_families') }} as families
        on categories.category_family = families.category_family
        -- what else there is does not leave the building
        and families.is_open
    inner join {{ ref('chronic_absence') }} as total
        on absence.school_year = total.school_year
        and absence.entity_level = total.entity_level
        and absence.cds_code = total.cds_code
        and total.reporting_category = 'TA'
    cross join threshold
    where absence.submission_status = 'submitted'

),

primary_hidden as (

    select
        *,
        case
            when eligible_enrollment <= largest_hidden_group then 'small_group'
            -- all but a few: the few are the total less this group
            when complement between 1 and largest_hidden_group then 'complement'
        end as primary_reason
    from cells

),

families as (

    -- what a family hides so far: race, gender and grade spans each add up to a published total
    select
        school_year,
        entity_level,
        cds_code,
        category_family,
        sum(case when primary_reason is not null then eligible_enrollment else 0 end) as students_hidden,
        max(largest_hidden_group) as largest_hidden_group
    from primary_hidden
    where category_family in ('race', 'gender', 'grade')
    group by school_year, entity_level, cds_code, category_family

),

exposed as (

    -- hidden cells that together are few would be known as a few by subtraction
    select *
    from families
    where students_hidden between 1 and largest_hidden_group

),

companions as (

    select
        shown.school_year,
        shown.entity_level,
        shown.cds_code,
        shown.reporting_category,
        row_number() over (
            partition by shown.school_year, shown.entity_level, shown.cds_code, shown.category_family
            order by shown.eligible_enrollment, shown.sort_order
        ) as place
    from primary_hidden as shown
    inner join exposed
        on shown.school_year = exposed.school_year
        and shown.entity_level = exposed.entity_level
        and shown.cds_code = exposed.cds_code
        and shown.category_family = exposed.category_family
    where shown.primary_reason is null

),

with_companions as (

    select
        cells.school_year,
        cells.entity_level,
        cells.cds_code,
        cells.reporting_category,
        cells.category_family,
        coalesce(
            cells.primary_reason,
            case when companions.reporting_category is not null then 'complement' end
        ) as suppression_reason
    from primary_hidden as cells
    left join companions
        on cells.school_year = companions.school_year
        and cells.entity_level = companions.entity_level
        and cells.cds_code = companions.cds_code
        and cells.reporting_category = companions.reporting_category
        and companions.place = 1

),

grade_hidden as (

    -- the sum of the spans through grade 8 would give back a hidden span
    select distinct
        school_year,
        entity_level,
        cds_code
    from with_companions
    where category_family = 'grade' and suppression_reason is not null

)

select
    cells.school_year,
    cells.entity_level,
    cells.cds_code,
    cells.reporting_category,
    coalesce(
        cells.suppression_reason,
        case
            when cells.category_family = 'grade_total' and grade_hidden.cds_code is not null then 'complement'
        end
    ) as suppression_reason
from with_companions as cells
left join grade_hidden
    on cells.school_year = grade_hidden.school_year
    and cells.entity_level = grade_hidden.entity_level
    and cells.cds_code = grade_hidden.cds_code
