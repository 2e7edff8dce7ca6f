-- What each enrolling school has submitted for a year, and through which day: not submitted is not present.
with

enrolling as (

    -- one row per school and year that has students
    select distinct
        school_year,
        lea_code,
        school_code
    from {{ ref('int_stints') }}

),

daily as (

    select
        submitted.school_year,
        submitted.school_code,
        max(submitted.school_date) as complete_through
    from {{ ref('int_sis_submitted_days') }} as submitted
    inner join {{ ref('int_calendar') }} as calendar
        on submitted.school_year = calendar.school_year
        and submitted.school_code = calendar.school_code
        and submitted.school_date = calendar.calendar_date
    where calendar.in_session = 1
    group by submitted.school_year, submitted.school_code

),

yearly as (

    -- one row per school and year that has absence summaries
    select distinct
        school_year,
        school_code
    from {{ ref('stg_calpads__absence_summaries') }}

)

select
    enrolling.school_year,
    enrolling.lea_code,
    enrolling.school_code,
    case
        when daily.school_code is not null then 'daily'
        when yearly.school_code is not null then 'summary'
    end as attendance_source,
    case
        when daily.school_code is not null or yearly.school_code is not null then 'submitted'
        else 'not_submitted'
    end as submission_status,
    daily.complete_through
from enrolling
left join daily
    on enrolling.school_year = daily.school_year
    and enrolling.school_code = daily.school_code
left join yearly
    on enrolling.school_year = yearly.school_year
    and enrolling.school_code = yearly.school_code
