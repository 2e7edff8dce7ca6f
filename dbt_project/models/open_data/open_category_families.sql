{{ config(alias='category_families') }}
select
    cast(category_family as string) as category_family,
    cast(family_name as string) as family_name,
    cast(covers as string) as covers,
    is_personal,
    cast(sort_order as integer) as sort_order
from {{ ref('category_families') }}
where is_open
