{{ config(alias='reporting_categories') }}
select
    cast(reporting_category as string) as reporting_category,
    cast(category_name as string) as category_name,
    cast(category_family as string) as category_family,
    cast(sort_order as integer) as sort_order
from {{ ref('reporting_categories') }}
