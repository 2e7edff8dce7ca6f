select
    delivery_id,
    sender,
    source,
    file,
    file_name,
    sent_at,
    received_at,
    loaded_at,
    outcome,
    rows_in,
    rows_loaded,
    rows_rejected,
    rows_unmapped,
    message,
    standing
from {{ ref('stg_ledger__deliveries') }}
