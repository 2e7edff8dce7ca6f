with

deliveries as (

    select * from {{ source('ledger', 'deliveries') }}

)

select
    delivery_id,
    sender,
    source,
    file,
    name as file_name,
    sent_at,
    received_at,
    loaded_at,
    outcome,
    rows_in,
    rows_loaded,
    rows_rejected,
    rows_unmapped,
    message,
    standing,
    {{ period_start('first_period') }} as covers_from,
    {{ period_end('last_period') }} as covers_through
from deliveries
