{{ config(alias='student_groups') }}
-- The Dashboard's groups, and which reporting category each is.
select
    cast(student_group as string) as student_group,
    cast(group_name as string) as group_name,
    cast(reporting_category as string) as reporting_category,
    cast(sort_order as integer) as sort_order
from {{ ref('dashboard_groups') }}
