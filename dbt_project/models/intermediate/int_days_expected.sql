-- Expected days are the difference of two running counts, so that no row per present day is ever made.
with

stints as (

    -- distinct, because a span is nearly always the same at the school, the district and the county: it is counted once
    select distinct
        stint_key,
        school_year,
        school_code,
        student_key,
        first_date,
        last_date
    from {{ ref('int_entity_stints') }}

),

calendar as (

    select * from {{ ref('int_calendar') }}

),

submissions as (

    select *
    from {{ ref('int_submissions') }}
    where attendance_source = 'daily'

),

counted as (

    select
        stints.stint_key,
        stints.school_year,
        stints.school_code,
        stints.student_key,
        stints.first_date,
        stints.last_date,
        least(stints.last_date, submissions.complete_through) as last_counted_date
    from stints
    -- a school that never submitted has no row here: unknown, not present
    inner join submissions
        on stints.school_year = submissions.school_year
        and stints.school_code = submissions.school_code

)

select
    counted.stint_key,
    counted.school_year,
    counted.school_code,
    counted.student_key,
    counted.first_date,
    counted.last_date,
    counted.last_counted_date,
    -- a stint that begins after the last submitted day has nothing known yet
    greatest(last_day.days_so_far - first_day.days_before, 0) as days_expected
from counted
inner join calendar as first_day
    on counted.school_year = first_day.school_year
    and counted.school_code = first_day.school_code
    and counted.first_date = first_day.calendar_date
-- a left join, though each of these days is in the calendar: else each school's calendar is joined with itself first
left join calendar as last_day
    on counted.school_year = last_day.school_year
    and counted.school_code = last_day.school_code
    and counted.last_counted_date = last_day.calendar_date
