{{ config(alias='definitions') }}
select
    cast(definition as varchar) as definition,
    cast(minimum_days_expected as integer) as minimum_days_expected,
    cast(threshold_percent as integer) as threshold_percent,
    cast(description as varchar) as description,
    cast(source as varchar) as source
from {{ ref('attendance_definitions') }}
where is_published
