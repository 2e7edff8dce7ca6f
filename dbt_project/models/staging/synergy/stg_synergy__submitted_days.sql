-- A table, because it is small, asked often, and made of all of the attendance.
{{ config(materialized='table') }}

with

attendance as (

    select * from {{ ref('stg_synergy__attendance') }}

)

-- distinct, because a day has a row per student with a reason
select distinct
    school_year,
    lea_code,
    school_code,
    school_date
from attendance
