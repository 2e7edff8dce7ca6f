with

calendar as (

    select * from {{ source('aeries', 'calendar') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

select
    calendar.school_year,
    calendar.sender as lea_code,
    schools.school_code,
    calendar.calendar_date,
    -- a minimum day has a code and is a school day all the same; a code that nobody knows is a day off
    coalesce(holidays.is_in_session, calendar.holiday_code is null) as is_in_session
from calendar
inner join schools
    on calendar.sender = schools.lea_code
    and calendar.school_number = schools.school_number
left join {{ ref('aeries_holiday_codes') }} as holidays on calendar.holiday_code = holidays.holiday_code
