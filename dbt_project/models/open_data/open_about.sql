{{ config(alias='about') }}
select
    county_code,
    county_name,
    is_simulated
from {{ ref('stg_registry__county') }}
