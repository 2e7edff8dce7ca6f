-- Which school a calendar is of, and how many parts its day has.
with

calendars as (

    select * from {{ source('infinite_campus', 'calendar') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

),

instructional as (

    select
        school_year,
        sender,
        calendar_id,
        count(*) as instructional_periods
    from {{ source('infinite_campus', 'period') }}
    where coalesce(is_non_instructional, 0) = 0
    group by school_year, sender, calendar_id

)

select
    calendars.school_year,
    calendars.sender as lea_code,
    schools.school_code,
    calendars.calendar_id,
    instructional.instructional_periods
from calendars
inner join schools
    on calendars.sender = schools.lea_code
    and calendars.school_number = schools.school_number
left join instructional
    on calendars.sender = instructional.sender
    and calendars.school_year = instructional.school_year
    and calendars.calendar_id = instructional.calendar_id
