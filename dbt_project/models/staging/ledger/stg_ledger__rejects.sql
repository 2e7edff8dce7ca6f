with

rejects as (

    select * from {{ source('ledger', 'rejects') }}

)

select
    delivery_id,
    column_name,
    reason,
    is_rejected,
    rows_listed
from rejects
