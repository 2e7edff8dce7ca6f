-- When it matters: outcomes are told of one length of window. How to resolve it: mark one row of the seed.
select count(*) as compared
from {{ ref('intervention_windows') }}
where is_compared
having count(*) <> 1
