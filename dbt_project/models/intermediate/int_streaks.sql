-- The longest run of school days missed one behind the other, and the run that is still on. Days are numbered within a
-- student's spans at the entity, so that a run may go on at the next school.
with

days as (

    select
        span_number,
        school_day,
        school_day - row_number() over (partition by span_number order by school_day) as run
    from {{ ref('int_counted_marks') }}
    where is_absence

),

runs as (

    select
        span_number,
        min(school_day) as first_school_day,
        max(school_day) as last_school_day
    from days
    group by span_number, run

),

spans as (

    select
        stints.school_year,
        stints.entity_level,
        stints.cds_code,
        stints.student_key,
        expected.span_number,
        expected.school_days_before,
        expected.last_school_day,
        expected.days_expected,
        count(*) over student_at_entity as spans_at_entity,
        sum(expected.days_expected) over (
            partition by stints.school_year, stints.entity_level, stints.cds_code, stints.student_key
            order by stints.first_date
            rows between unbounded preceding and current row
        ) - expected.days_expected as days_before_span,
        sum(expected.days_expected) over student_at_entity as days_at_entity
    from {{ ref('int_entity_stints') }} as stints
    inner join {{ ref('int_days_expected') }} as expected
        on stints.stint_key = expected.stint_key
        and stints.first_date = expected.first_date
        and stints.last_date = expected.last_date
    window student_at_entity as (
        partition by stints.school_year, stints.entity_level, stints.cds_code, stints.student_key
    )

),

placed as (

    select
        spans.school_year,
        spans.entity_level,
        spans.cds_code,
        spans.student_key,
        spans.spans_at_entity,
        spans.days_at_entity,
        runs.first_school_day - spans.school_days_before + spans.days_before_span as first_day,
        runs.last_school_day - spans.school_days_before + spans.days_before_span as last_day
    from spans
    inner join runs on spans.span_number = runs.span_number

),

begun as (

    select
        *,
        case
            when first_day = lag(last_day) over student_runs + 1 then 0
            else 1
        end as begins
    from placed
    where spans_at_entity > 1
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
        ) as run
    from begun

),

all_runs as (

    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        max(days_at_entity) as days_at_entity,
        min(first_day) as first_day,
        max(last_day) as last_day
    from joined
    group by school_year, entity_level, cds_code, student_key, run

    union all

    -- nearly every student has one span, within which no two runs touch
    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        days_at_entity,
        first_day,
        last_day
    from placed
    where spans_at_entity = 1

)

select
    school_year,
    entity_level,
    cds_code,
    student_key,
    cast(max(last_day - first_day + 1) as integer) as longest_streak_days,
    cast(max(case when last_day = days_at_entity then last_day - first_day + 1 else 0 end) as integer)
        as current_streak_days
from all_runs
group by school_year, entity_level, cds_code, student_key
