-- Days on which a school marked anyone, in the system that counts.
{{ config(materialized='view') }}

with

submitted_days as (

    {{ counted_sis('submitted_days', ['school_year', 'lea_code', 'school_code', 'school_date']) }}
)

select
    school_year,
    lea_code,
    school_code,
    school_date
from submitted_days
