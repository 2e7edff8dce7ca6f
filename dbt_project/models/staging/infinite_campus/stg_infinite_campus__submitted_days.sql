-- A table, because it is small, asked often, and made of all of the attendance.
{{ config(materialized='table') }}

with

attendance as (

    select * from {{ source('infinite_campus', 'attendance') }}

),

calendars as (

    select * from {{ ref('stg_infinite_campus__calendars') }}

)

-- distinct, because a day has a row per student and period with an exception
select distinct
    attendance.school_year,
    calendars.lea_code,
    calendars.school_code,
    attendance.school_date
from attendance
inner join calendars
    on attendance.sender = calendars.lea_code
    and attendance.school_year = calendars.school_year
    and attendance.calendar_id = calendars.calendar_id
