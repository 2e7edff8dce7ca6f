-- Tests: weekdays and months of the school year are right where the day is known: July 1, 2023 was a Saturday in the
-- first month, February 29, 2024 a Thursday and the eighth; every year has all of its dates. Matters when: an engine
-- counts weekdays otherwise. To resolve: macro weekday_of.
with

known as (

    select
        calendar_date,
        weekday_name = 'Saturday' and is_weekend and month_of_school_year = 1 and school_year = '2023-24' as is_right
    from {{ ref('dim_dates') }}
    where calendar_date = cast('2023-07-01' as date)

    union all

    select
        calendar_date,
        weekday_name = 'Thursday' and not is_weekend and month_of_school_year = 8 as is_right
    from {{ ref('dim_dates') }}
    where calendar_date = cast('2024-02-29' as date)

),

whole as (

    select
        max(calendar_date) as calendar_date,
        count(*) in (365, 366) as is_right
    from {{ ref('dim_dates') }}
    group by school_year

)

select * from known
where not is_right

union all

select * from whole
where not is_right
