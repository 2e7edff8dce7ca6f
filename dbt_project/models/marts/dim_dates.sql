with

years as (

    -- one row per year of which anything is known
    select distinct school_year
    from {{ ref('submissions') }}

),

dates as (

    select
        school_year,
        {{ each_date(first_date_of('school_year'), last_date_of('school_year')) }} as calendar_date
    from years

),

calendars as (

    select
        school_year,
        calendar_date,
        count(*) as schools_with_calendar,
        sum(in_session) as schools_in_session
    from {{ ref('int_calendar') }}
    group by school_year, calendar_date

),

described as (

    select
        dates.calendar_date,
        dates.school_year,
        cast(extract(month from dates.calendar_date) as integer) as calendar_month,
        cast({{ weekday_of('dates.calendar_date') }} as integer) as weekday_number,
        cast(coalesce(calendars.schools_with_calendar, 0) as integer) as schools_with_calendar,
        cast(coalesce(calendars.schools_in_session, 0) as integer) as schools_in_session,
        coalesce(calendars.schools_in_session > 0, false) as is_school_day
    from dates
    left join calendars
        on dates.school_year = calendars.school_year
        and dates.calendar_date = calendars.calendar_date

)

select
    described.calendar_date,
    described.school_year,
    described.calendar_month,
    {{ school_month_of('described.calendar_date') }} as month_of_school_year,
    described.weekday_number,
    weekdays.weekday_name,
    weekdays.is_weekend,
    described.schools_with_calendar,
    described.schools_in_session,
    described.is_school_day,
    cast(
        sum(case when described.is_school_day then 1 else 0 end) over (
            partition by described.school_year
            order by described.calendar_date
            rows between unbounded preceding and current row
        ) as integer
    ) as school_days_so_far
from described
inner join {{ ref('weekdays') }} as weekdays on described.weekday_number = weekdays.weekday_number
