-- What each school has submitted, through which day, and for how long it has been silent.
with

submitted as (

    select * from {{ ref('int_submissions') }}

),

registered as (

    select
        schools.lea_code,
        schools.school_code,
        schools.cds_code,
        schools.district_cds_code,
        leas.system
    from {{ ref('stg_registry__schools') }} as schools
    inner join {{ ref('stg_registry__leas') }} as leas on schools.lea_code = leas.lea_code

),

latest as (

    select max(school_year) as school_year
    from submitted

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

threshold as (

    select days as silent_after
    from {{ ref('submission_thresholds') }}
    where applies_to = 'school'

),

schools as (

    select
        school_year,
        lea_code,
        school_code,
        true as has_roster,
        attendance_source,
        submission_status,
        complete_through
    from submitted

    union all

    -- of the latest school year also those of which not even a roster came: nobody is more silent
    select
        latest.school_year,
        registered.lea_code,
        registered.school_code,
        false as has_roster,
        cast(null as string) as attendance_source,
        'not_submitted' as submission_status,
        cast(null as date) as complete_through
    from registered
    cross join latest
    left join submitted
        on registered.lea_code = submitted.lea_code
        and registered.school_code = submitted.school_code
        and latest.school_year = submitted.school_year
    left join {{ ref('published_schools') }} as listed on registered.cds_code = listed.cds_code
    where
        latest.school_year is not null
        and submitted.school_code is null
        -- nobody waits for a school that was closed before the year, or opens after it, as the state's directory has it
        and coalesce(listed.closed_date >= {{ first_date_of('latest.school_year') }}, true)
        and coalesce(listed.open_date <= {{ last_date_of('latest.school_year') }}, true)

),

county_days as (

    -- the school days of the county so far, for schools that sent no calendar either
    select
        school_year,
        max(days_so_far) as days_so_far
    from {{ ref('int_submission_days') }}
    group by school_year

),

counted as (

    select
        schools.school_year,
        schools.lea_code,
        schools.school_code,
        registered.cds_code,
        registered.district_cds_code,
        registered.system,
        schools.has_roster,
        schools.attendance_source,
        schools.submission_status,
        gaps.first_day as first_submitted_day,
        schools.complete_through,
        school_days.last_school_day,
        school_days.days_so_far as school_days_so_far,
        school_days.days_submitted - coalesce(gaps.days_with_a_row, 0) as days_without_a_row,
        gaps.longest_gap as longest_gap_school_days,
        school_days.days_silent as school_days_silent,
        school_days.days_silent_covered as school_days_silent_covered,
        school_days.silent_since,
        -- where only the state's year summaries are expected, nothing is late before the year is over
        case
            when registered.system is null or registered.system <> 'calpads' then 0
            when as_of.as_of_date > {{ last_date_of('schools.school_year') }} then 0
            else 1
        end as is_not_due,
        as_of.as_of_date,
        coalesce(school_days.days_silent, county_days.days_so_far, 0) > threshold.silent_after as is_long
    from schools
    inner join registered
        on schools.lea_code = registered.lea_code
        and schools.school_code = registered.school_code
    cross join as_of
    cross join threshold
    left join {{ ref('int_submission_days') }} as school_days
        on schools.school_year = school_days.school_year
        and schools.lea_code = school_days.lea_code
        and schools.school_code = school_days.school_code
    left join {{ ref('int_submission_gaps') }} as gaps
        on schools.school_year = gaps.school_year
        and schools.lea_code = gaps.lea_code
        and schools.school_code = gaps.school_code
    left join county_days on schools.school_year = county_days.school_year

)

select
    school_year,
    cds_code,
    {{ codes_of("'school'", 'cds_code') }},
    district_cds_code,
    lea_code,
    system,
    has_roster,
    attendance_source,
    submission_status,
    first_submitted_day,
    complete_through,
    school_days_so_far,
    case when attendance_source = 'daily' then days_without_a_row end as days_without_a_row,
    case when attendance_source = 'daily' then longest_gap_school_days end as longest_gap_school_days,
    case when coalesce(attendance_source, 'none') <> 'summary' then school_days_silent end as school_days_silent,
    case
        when coalesce(attendance_source, 'none') <> 'summary' then school_days_silent_covered
    end as school_days_silent_covered,
    case when coalesce(attendance_source, 'none') <> 'summary' then silent_since end as silent_since,
    case
        when attendance_source = 'summary' then false
        when submission_status = 'submitted' then coalesce(school_days_silent, 0) > 0 and is_long
        when is_not_due = 1 then false
        else is_long
    end as is_silent,
    last_school_day,
    as_of_date
from counted
