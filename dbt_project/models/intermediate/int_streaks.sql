-- The longest run of school days missed one behind the other, and the run that is still on. Days are numbered within a
-- student's spans at the entity, so that a run may go on at the next school.
with

days as (

    select
        span_number,
        school_day,
        school_day - row_number() over (partition by span_number order by school_day) as run_number
    from {{ ref('int_counted_marks') }}
    where is_absence

),

runs as (

    select
        span_number,
        min(school_day) as first_school_day,
        max(school_day) as last_school_day
    from days
    group by span_number, run_number

),

spans as (

    select
        stints.school_year,
        stints.entity_level,
        stints.cds_code,
        stints.student_key,
        stints.first_date,
        stints.is_only,
        expected.span_number,
        expected.school_days_before,
        expected.days_expected
    from {{ ref('int_entity_stints') }} as stints
    inner join {{ ref('int_days_expected') }} as expected
        on stints.stint_key = expected.stint_key
        and stints.first_date = expected.first_date
        and stints.last_date = expected.last_date

),

lined_up as (

    -- the spans of students who have several, one behind the other
    select
        *,
        sum(days_expected) over (
            partition by school_year, entity_level, cds_code, student_key
            order by first_date
            rows between unbounded preceding and current row
        ) - days_expected as days_before_span,
        sum(days_expected) over (partition by school_year, entity_level, cds_code, student_key) as days_at_entity
    from spans
    where not is_only

),

placed as (

    select
        lined_up.school_year,
        lined_up.entity_level,
        lined_up.cds_code,
        lined_up.student_key,
        lined_up.days_at_entity,
        runs.first_school_day - lined_up.school_days_before + lined_up.days_before_span as first_day,
        runs.last_school_day - lined_up.school_days_before + lined_up.days_before_span as last_day
    from lined_up
    inner join runs on lined_up.span_number = runs.span_number

),

begun as (

    select
        *,
        case
            when first_day = lag(last_day) over student_runs + 1 then 0
            else 1
        end as begins
    from placed
    window student_runs as (
        partition by school_year, entity_level, cds_code, student_key order by first_day
    )

),

joined as (

    select
        *,
        sum(begins) over (
            partition by school_year, entity_level, cds_code, student_key
            order by first_day
            rows between unbounded preceding and current row
        ) as run_number
    from begun

),

joined_runs as (

    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        max(days_at_entity) as days_at_entity,
        min(first_day) as first_day,
        max(last_day) as last_day
    from joined
    group by school_year, entity_level, cds_code, student_key, run_number

),

span_streaks as (

    -- nearly every student has one span, within which no two runs touch: told once for all entities
    select
        runs.span_number,
        max(runs.last_school_day - runs.first_school_day + 1) as longest_streak_days,
        max(
            case
                when runs.last_school_day = expected.last_school_day
                    then runs.last_school_day - runs.first_school_day + 1
                else 0
            end
        ) as current_streak_days
    from runs
    inner join {{ ref('int_days_expected') }} as expected on runs.span_number = expected.span_number
    group by runs.span_number

)

select
    school_year,
    entity_level,
    cds_code,
    student_key,
    cast(max(last_day - first_day + 1) as integer) as longest_streak_days,
    cast(max(case when last_day = days_at_entity then last_day - first_day + 1 else 0 end) as integer)
        as current_streak_days
from joined_runs
group by school_year, entity_level, cds_code, student_key

union all

select
    spans.school_year,
    spans.entity_level,
    spans.cds_code,
    spans.student_key,
    cast(span_streaks.longest_streak_days as integer) as longest_streak_days,
    cast(span_streaks.current_streak_days as integer) as current_streak_days
from spans
inner join span_streaks on spans.span_number = span_streaks.span_number
where spans.is_only
