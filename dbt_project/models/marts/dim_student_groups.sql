with

categories as (

    select * from {{ ref('reporting_categories') }}

),

families as (

    select * from {{ ref('category_families') }}

)

select
    cast(categories.reporting_category as string) as reporting_category,
    cast(dashboard.student_group as string) as student_group,
    cast(coalesce(categories.category_name, dashboard.group_name) as string) as category_name,
    cast(categories.category_family as string) as category_family,
    cast(families.family_name as string) as family_name,
    cast(families.covers as string) as family_covers,
    coalesce(families.is_open, false) as is_open,
    cast(categories.sort_order as integer) as sort_order
from categories
inner join families on categories.category_family = families.category_family
full outer join {{ ref('dashboard_groups') }} as dashboard
    on categories.reporting_category = dashboard.reporting_category
