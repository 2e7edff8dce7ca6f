-- Calendars of the system that counts.
{{ config(materialized='view') }}

with

calendar as (

    {{ counted_sis('calendar', ['school_year', 'lea_code', 'school_code', 'calendar_date', 'is_in_session']) }}
)

select
    school_year,
    lea_code,
    school_code,
    calendar_date,
    is_in_session
from calendar
