with

county as (

    select * from {{ source('registry', 'county') }}

)

select
    county_code,
    county_name,
    is_simulated
from county
