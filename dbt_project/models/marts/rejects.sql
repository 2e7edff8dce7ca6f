with

rejects as (

    select * from {{ ref('stg_ledger__rejects') }}

),

deliveries as (

    select * from {{ ref('stg_ledger__deliveries') }}

)

select
    rejects.delivery_id,
    deliveries.sender,
    deliveries.source,
    deliveries.file,
    deliveries.file_name,
    deliveries.outcome,
    rejects.column_name,
    rejects.reason,
    rejects.is_rejected,
    rejects.rows_listed
from rejects
inner join deliveries on rejects.delivery_id = deliveries.delivery_id
