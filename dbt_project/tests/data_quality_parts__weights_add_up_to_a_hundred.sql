-- What is tested: a score is out of 100, by the week and by the year. It matters where a weight is changed.
-- To resolve: let the weights in seeds/data_quality_parts.csv add up to 100 in each column.
select
    sum(weekly_weight) as weekly_weight,
    sum(yearly_weight) as yearly_weight
from {{ ref('data_quality_parts') }}
having sum(weekly_weight) <> 100 or sum(yearly_weight) <> 100
