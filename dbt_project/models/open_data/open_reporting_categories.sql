{{ config(alias='reporting_categories') }}
-- The groups that are shown.
select
    cast(categories.reporting_category as string) as reporting_category,
    cast(categories.category_name as string) as category_name,
    cast(categories.category_family as string) as category_family,
    cast(categories.adds_up_to as string) as adds_up_to,
    cast(categories.sort_order as integer) as sort_order
from {{ ref('reporting_categories') }} as categories
inner join {{ ref('category_families') }} as families on categories.category_family = families.category_family
where families.is_open
