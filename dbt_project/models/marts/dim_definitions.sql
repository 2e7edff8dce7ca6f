select
    cast(definition as string) as definition,
    cast(minimum_days_expected as integer) as minimum_days_expected,
    cast(threshold_percent as integer) as threshold_percent,
    is_published,
    cast(description as string) as description,
    cast(source as string) as source
from {{ ref('attendance_definitions') }}
