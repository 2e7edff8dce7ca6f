{{ config(alias='suppression_thresholds') }}
-- By what rules figures are hidden: no secret, and what an attack begins with.
select
    cast(rule as string) as rule,
    cast(value as integer) as value,
    cast(description as string) as description
from {{ ref('suppression_thresholds') }}
