with

calendar as (

    select * from {{ source('powerschool', 'calendar_day') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

select
    calendar.school_year,
    calendar.sender as lea_code,
    schools.school_code,
    calendar.calendar_date,
    calendar.in_session = 1 as is_in_session
from calendar
inner join schools
    on calendar.sender = schools.lea_code
    and calendar.school_number = schools.school_number
