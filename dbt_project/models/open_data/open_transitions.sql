{{ config(alias='transitions') }}
-- Students who are new at a school, and what is known of their last year: the county alone, by entry grade and kind
-- of arrival, with no sums over them. Each count is a part of the one before it; a part is told where it and what it
-- leaves are large. Of new students nearly all of whom are known, only the known are told. Grades of last year are
-- not told, so that nobody is subtracted from last year's grades; students at two new schools are counted once.
with

{{ public_limits(['largest_hidden_group', 'none_hidden_under']) }},

county as (

    select county_code || '000000000000' as cds_code
    from {{ ref('stg_registry__county') }}

),

supported as (

    -- one row per student and year with any support
    select distinct
        school_year,
        student_key
    from {{ ref('int_supports') }}

),

arrivals as (

    -- one row per student, kind and grade of arrival
    select
        arrivals.school_year,
        arrivals.arrival_kind,
        case when arrivals.arrival_kind = 'entry_grade' then arrivals.grade else 'other' end as entry_grade,
        arrivals.student_key,
        bool_or(arrivals.was_chronically_absent is not null) as is_known,
        bool_or(coalesce(arrivals.was_chronically_absent, false)) as was_chronic,
        bool_or(arrivals.supports_last_year > 0) as was_supported
    from {{ ref('transitions') }} as arrivals
    group by
        arrivals.school_year,
        arrivals.arrival_kind,
        case when arrivals.arrival_kind = 'entry_grade' then arrivals.grade else 'other' end,
        arrivals.student_key

),

counted as (

    select
        arrivals.school_year,
        arrivals.arrival_kind,
        arrivals.entry_grade,
        count(*) as students_new,
        count_if(arrivals.is_known) as students_known,
        count_if(arrivals.was_chronic) as students_chronic,
        count_if(arrivals.was_chronic and arrivals.was_supported) as supported_then,
        count_if(arrivals.was_chronic and supported.student_key is not null) as supported_now
    from arrivals
    left join supported
        on arrivals.school_year = supported.school_year
        and arrivals.student_key = supported.student_key
    group by arrivals.school_year, arrivals.arrival_kind, arrivals.entry_grade

),

judged as (

    select
        counted.*,
        counted.students_new > limits.largest_hidden_group
        -- those of whom nothing is known are none, or everybody, or more than a few
        and (
            counted.students_known = 0
            or counted.students_new = counted.students_known
            or counted.students_new - counted.students_known > limits.largest_hidden_group
        ) as shows_new,
        counted.students_known > limits.largest_hidden_group
        or (counted.students_known = 0 and counted.students_new >= limits.none_hidden_under) as shows_known,
        counted.students_known > 0
        and {{ shows_part('counted.students_chronic', 'counted.students_known') }} as shows_chronic,
        {{ shows_part('counted.supported_then', 'counted.students_chronic') }}
        and {{ shows_part('counted.supported_now', 'counted.students_chronic') }} as is_support_told_alone
    from counted
    cross join limits

),

told as (

    select
        *,
        shows_chronic and students_chronic > 0 and is_support_told_alone as shows_support
    from judged

)

select
    told.school_year,
    county.cds_code,
    told.arrival_kind,
    told.entry_grade,
    cast(case when told.shows_new then told.students_new end as integer) as students_new,
    cast(case when told.shows_known then told.students_known end as integer) as students_known,
    cast(case when told.shows_chronic then told.students_chronic end as integer) as known_chronic_count,
    case when told.shows_chronic then {{ percent('told.students_chronic', 'told.students_known') }} end
        as known_chronic_rate,
    cast(case when told.shows_support then told.supported_then end as integer) as chronic_supported_then,
    cast(case when told.shows_support then told.supported_now end as integer) as chronic_supported_now,
    case when told.students_known > 0 and not told.shows_chronic then 'small_group' end as suppression_reason,
    case when not told.shows_new then 'small_group' end as new_suppression_reason,
    case
        when told.students_chronic > 0 and not told.shows_support then 'small_group'
    end as support_suppression_reason
from told
cross join county
