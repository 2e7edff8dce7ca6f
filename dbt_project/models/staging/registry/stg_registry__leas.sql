with

leas as (

    select * from {{ source('registry', 'leas') }}

)

select
    lea_code,
    lea_name,
    cds_code,
    system,
    leave_date_rule
from leas
