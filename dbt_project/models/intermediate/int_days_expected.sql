-- Spans: the stretches of a stint that count somewhere, each with its school days. Expected days are the difference of
-- two running counts, so that no row per present day is ever made.
with

stints as (

    -- a span is nearly always the same at the school, the district and the county: it is counted once
    select
        stint_key,
        school_year,
        school_code,
        student_key,
        first_date,
        last_date,
        bool_or(entity_level = 'school') as counts_at_school,
        bool_or(entity_level = 'district') as counts_at_district,
        bool_or(entity_level = 'county') as counts_at_county
    from {{ ref('int_entity_stints') }}
    group by stint_key, school_year, school_code, student_key, first_date, last_date

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
        stints.*,
        least(stints.last_date, submissions.complete_through) as last_counted_date
    from stints
    -- a school that never submitted has no row here: unknown, not present
    inner join submissions
        on stints.school_year = submissions.school_year
        and stints.school_code = submissions.school_code

),

schools as (

    select
        school_year,
        school_code,
        count(*) as spans
    from counted
    group by school_year, school_code

),

places as (

    -- each school's numbers begin where those of the school before it end: nobody has to sort all spans at once
    select
        school_year,
        school_code,
        coalesce(
            sum(spans) over (order by school_year, school_code rows between unbounded preceding and 1 preceding), 0
        ) as spans_before
    from schools

)

select
    cast(
        places.spans_before + row_number() over (
            partition by counted.school_year, counted.school_code
            order by counted.student_key, counted.first_date, counted.last_date, counted.stint_key
        ) as integer
    ) as span_number,
    counted.stint_key,
    counted.school_year,
    counted.school_code,
    counted.student_key,
    counted.first_date,
    counted.last_date,
    counted.last_counted_date,
    counted.counts_at_school,
    counted.counts_at_district,
    counted.counts_at_county,
    cast(first_day.days_before as integer) as school_days_before,
    -- a stint that begins after the last submitted day has nothing known yet
    cast(greatest(last_day.days_so_far, first_day.days_before) as integer) as last_school_day,
    cast(greatest(last_day.days_so_far - first_day.days_before, 0) as integer) as days_expected
from counted
inner join places
    on counted.school_year = places.school_year
    and counted.school_code = places.school_code
inner join calendar as first_day
    on counted.school_year = first_day.school_year
    and counted.school_code = first_day.school_code
    and counted.first_date = first_day.calendar_date
-- a left join, though each of these days is in the calendar: else each school's calendar is joined with itself first
left join calendar as last_day
    on counted.school_year = last_day.school_year
    and counted.school_code = last_day.school_code
    and counted.last_counted_date = last_day.calendar_date
