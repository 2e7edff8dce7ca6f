with

sends as (

    select * from {{ source('registry', 'sends') }}

)

select
    sender,
    sender_name,
    source
from sends
