{{ config(alias='attendance_day') }}
-- The county's days: how many were expected, which share of them was absent, which was to be expected. The county
-- alone, and rates of all students alone. On a day on which few schools are in session it would be their day, so
-- nothing is told of it. How many are expected is rounded: from one day to the next a small school that is closed
-- could be counted.
with

{{ public_limits(['largest_hidden_group', 'fewest_schools', 'rounded_to']) }},

days as (

    select * from {{ ref('attendance_day') }}

),

schools as (

    select
        school_year,
        calendar_date,
        count_if(day_kind <> 'closed_alone') as schools_in_session,
        count_if(day_kind = 'closed_alone') as schools_closed
    from days
    where entity_level = 'school'
    group by school_year, calendar_date

),

judged as (

    select
        days.*,
        coalesce(schools.schools_in_session, 0) as schools_in_session,
        coalesce(schools.schools_closed, 0) as schools_closed,
        {{ to_nearest_step('days.students_expected') }} as students_about,
        case
            when coalesce(schools.schools_in_session, 0) < limits.fewest_schools then 'small_group'
            when days.students_absent <= limits.largest_hidden_group then 'small_group'
            when days.students_expected - days.students_absent <= limits.largest_hidden_group then 'small_group'
        end as suppression_reason
    from days
    cross join limits
    left join schools
        on days.school_year = schools.school_year
        and days.calendar_date = schools.calendar_date
    where days.entity_level = 'county'

)

select
    school_year,
    cds_code,
    calendar_date,
    weekday_number,
    school_month,
    day_kind,
    day_kind = 'before_break' as is_before_break,
    day_kind = 'after_break' as is_after_break,
    cast(schools_in_session as integer) as schools_in_session,
    cast(schools_closed as integer) as schools_closed,
    case when suppression_reason is null then students_about end as students_expected,
    cast(case when suppression_reason is null then 100 - attendance_rate end as decimal(5, 1)) as absence_rate,
    cast(
        case when suppression_reason is null then 100 - usual_attendance_rate end as decimal(5, 1)
    ) as expected_absence_rate,
    case when suppression_reason is null then gap_points end as gap_points,
    suppression_reason is null and is_dip as is_dip,
    suppression_reason
from judged
