-- question: Which student groups are chronically absent more often than students as a whole?
-- asked_by: cabinet, board, student support staff
-- columns: category_family, category_name, eligible_enrollment, chronic_count, chronic_rate, points_above_all
-- mind:
--   - Groups overlap: a foster youth is also in a grade, a race and perhaps a program. Their differences do not add up.
--   - A difference says where to look, not why it is.
--   - Small groups swing from year to year.
with

county as (

    select *
    from marts.chronic_absence
    where
        entity_level = 'county'
        and school_year = (select max(school_year) from marts.chronic_absence)

)

select
    categories.category_family,
    categories.category_name,
    county.eligible_enrollment,
    county.chronic_count,
    county.chronic_rate,
    county.chronic_rate - everyone.chronic_rate as points_above_all
from county
inner join county as everyone on everyone.reporting_category = 'TA'
inner join reference.reporting_categories as categories
    on county.reporting_category = categories.reporting_category
order by points_above_all desc
