-- A table, because it is small, asked often, and made of all of the attendance.
{{ config(materialized='table') }}

with

attendance as (

    select * from {{ source('powerschool', 'attendance') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

-- distinct, because a day has a row per student or period with a code
select distinct
    attendance.school_year,
    attendance.sender as lea_code,
    schools.school_code,
    attendance.school_date
from attendance
inner join schools
    on attendance.sender = schools.lea_code
    and attendance.school_number = schools.school_number
where attendance.attendance_code_id is not null
