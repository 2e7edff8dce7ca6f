{{ config(alias='early_warning') }}
-- How many students need help of tier 2 and 3 at the end of each month, and how many are expected to end the year
-- chronically absent: the county by levels of grades, which are in all places at once. Levels add up to all grades,
-- so all levels of a month are told, or none. What is expected is a guess and is rounded: beside the year's count it
-- says nothing of those who left. Students are those of whom the calibration tells, with ten days or more, so that
-- neither table leaves a few to be worked out beside the other.
with

{{ public_limits(['largest_hidden_group', 'none_hidden_under', 'fewest_schools', 'rounded_to']) }},

rules as (

    select
        max(case when rule = 'fewest_days' then value end) as fewest_days,
        max(case when rule = 'whole_month_percent' then value end) as whole_month_percent
    from {{ ref('early_warning_rules') }}

),

county as (

    select county_code || '000000000000' as cds_code
    from {{ ref('stg_registry__county') }}

),

levels as (

    select * from {{ ref('grade_levels') }}

),

latest as (

    select max(school_year) as school_year
    from {{ ref('int_submissions') }}

),

schools as (

    select
        months.school_year,
        months.school_month,
        max(months.as_of_date) as as_of_date,
        count(*) as schools
    from {{ ref('int_school_months') }} as months
    inner join latest on months.school_year = latest.school_year
    where months.days_submitted > 0
    group by months.school_year, months.school_month

),

months as (

    select
        schools.*,
        schools.schools * 100
        >= max(schools.schools) over (partition by schools.school_year) * rules.whole_month_percent as is_whole
    from schools
    cross join rules

),

standing as (

    select
        probabilities.school_year,
        probabilities.school_month,
        levels.grade_level,
        max(levels.level_name) as level_name,
        max(levels.sort_order) as sort_order,
        sum(probabilities.students) as students,
        cast(round(sum(probabilities.probability * probabilities.students)) as bigint) as expected_chronic
    from {{ ref('int_risk_probabilities') }} as probabilities
    inner join latest on probabilities.school_year = latest.school_year
    inner join levels on probabilities.grade_span = levels.grade_span
    group by probabilities.school_year, probabilities.school_month, levels.grade_level

),

signs as (

    select
        warned.school_month,
        levels.grade_level,
        count_if(warned.tier = 2) as students_tier_2,
        count_if(warned.tier = 3) as students_tier_3,
        count_if(warned.tier = 1) as students_watched,
        count(distinct warned.cds_code) as schools_seen
    from {{ ref('early_warning') }} as warned
    cross join rules
    inner join {{ ref('grades') }} as grades on warned.grade = grades.grade
    inner join levels on grades.grade_span = levels.grade_span
    where warned.days_expected >= rules.fewest_days
    group by warned.school_month, levels.grade_level

),

counted as (

    select
        standing.*,
        coalesce(signs.students_tier_2, 0) as students_tier_2,
        coalesce(signs.students_tier_3, 0) as students_tier_3,
        coalesce(signs.students_watched, 0) as students_watched,
        coalesce(signs.schools_seen, 0) as schools_seen,
        standing.students - coalesce(signs.students_tier_2, 0) - coalesce(signs.students_tier_3, 0) as students_tier_1
    from standing
    left join signs
        on standing.school_month = signs.school_month
        and standing.grade_level = signs.grade_level

),

judged as (

    select
        counted.*,
        limits.largest_hidden_group,
        {{ to_nearest_step('counted.expected_chronic') }} as expected_about,
        counted.schools_seen >= limits.fewest_schools
        and counted.students_tier_1 > limits.largest_hidden_group
        and {{ shows_part('counted.students_tier_2', 'counted.students') }}
        and {{ shows_part('counted.students_tier_3', 'counted.students') }} as is_told_alone,
        {{ shows_part('counted.students_watched', 'counted.students_tier_1') }} as is_watch_told_alone
    from counted
    cross join limits

),

told as (

    select
        *,
        -- levels with each other, and with all grades
        case
            when grade_level = 'all' then is_told_alone
            else min(case when is_told_alone then 1 else 0 end) over (partition by school_year, school_month) = 1
        end as is_told,
        case
            when grade_level = 'all' then is_watch_told_alone
            else min(case when is_watch_told_alone then 1 else 0 end) over (partition by school_year, school_month) = 1
        end as is_watch_told
    from judged

)

select
    told.school_year,
    county.cds_code,
    cast(told.grade_level as string) as grade_level,
    cast(told.level_name as string) as level_name,
    cast(told.sort_order as integer) as sort_order,
    told.school_month,
    months.as_of_date,
    cast(months.schools as integer) as schools,
    months.is_whole
    and told.school_month
    = max(case when months.is_whole then told.school_month end) over (partition by told.school_year) as is_latest,
    cast(case when told.is_told then told.students end as integer) as students_enrolled,
    cast(case when told.is_told then told.students_tier_2 end as integer) as students_tier_2,
    cast(case when told.is_told then told.students_tier_3 end as integer) as students_tier_3,
    case when told.is_told then {{ percent('told.students_tier_2', 'told.students') }} end as tier_2_rate,
    case when told.is_told then {{ percent('told.students_tier_3', 'told.students') }} end as tier_3_rate,
    case
        when told.is_told and told.expected_about > told.largest_hidden_group then told.expected_about
    end as students_expected_chronic,
    case
        when told.is_told and told.expected_about > told.largest_hidden_group
            then {{ percent('told.expected_about', 'told.students') }}
    end as expected_chronic_rate,
    cast(
        case
            when told.is_told and told.is_watch_told and told.expected_chronic is not null then told.students_watched
        end as integer
    ) as students_watched,
    case when not told.is_told then 'small_group' end as suppression_reason,
    case
        when told.is_told and not told.is_watch_told and told.expected_chronic is not null then 'small_group'
    end as watched_suppression_reason
from told
cross join county
inner join months
    on told.school_year = months.school_year
    and told.school_month = months.school_month
