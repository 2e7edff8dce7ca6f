with

rejects as (

    select * from {{ source('ledger', 'rejects') }}

)

select
    delivery_id,
    column_name,
    reason,
    rows_rejected
from rejects
