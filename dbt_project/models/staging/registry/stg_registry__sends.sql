with

sends as (

    select * from {{ source('registry', 'sends') }}

)

select
    sender,
    sender_name,
    cds_code,
    source
from sends
