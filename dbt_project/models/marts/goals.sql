with

goals as (

    select * from {{ ref('stg_goals__goals') }}

),

placed as (

    -- a charter that reports for itself is an LEA whose whole is a school
    select
        goals.*,
        coalesce(schools.cds_code, leas.cds_code) as cds_code,
        case
            when substr(coalesce(schools.cds_code, leas.cds_code), 8, 7) = '0000000' then 'district'
            else 'school'
        end as placed_level,
        measures.grows_in_year,
        -- dbt gives a seed's blank to a unit test as an empty text
        nullif(measures.why_not_computed, '') as why_not_computed
    from goals
    inner join {{ ref('stg_registry__leas') }} as leas on goals.lea_code = leas.lea_code
    inner join {{ ref('goal_measures') }} as measures on goals.measure_code = measures.measure_code
    left join {{ ref('stg_registry__schools') }} as schools
        on goals.lea_code = schools.lea_code
        and goals.school_code = schools.school_code

),

known as (

    -- the last figure up to the target's year
    select
        placed.goal_key,
        placed.reporting_category,
        placed.measure_code,
        placed.school_year,
        figures.school_year as value_school_year,
        figures.measured_value,
        figures.students,
        row_number() over (
            partition by placed.goal_key, placed.reporting_category, placed.measure_code, placed.school_year
            order by figures.school_year desc
        ) as place
    from placed
    inner join {{ ref('int_goal_values') }} as figures
        on placed.placed_level = figures.entity_level
        and placed.cds_code = figures.cds_code
        and placed.reporting_category = figures.reporting_category
        and placed.measure_code = figures.measure_code
        and placed.school_year >= figures.school_year

),

timed as (

    select
        placed.*,
        known.value_school_year,
        known.measured_value,
        known.students,
        coalesce(target_year.is_over, clock.as_of_date > {{ last_date_of('placed.school_year') }}) as is_year_over,
        -- a year of which no calendar says otherwise is over
        coalesce(value_year.school_days_so_far, 1) as days_so_far,
        coalesce(value_year.school_days, 1) as days_of_year,
        cast(substr(placed.school_year, 1, 4) as integer)
        - cast(substr(placed.baseline_school_year, 1, 4) as integer) as years_to_target,
        cast(substr(known.value_school_year, 1, 4) as integer)
        - cast(substr(placed.baseline_school_year, 1, 4) as integer) as years_to_value
    from placed
    cross join {{ ref('int_as_of') }} as clock
    left join known
        on placed.goal_key = known.goal_key
        and placed.reporting_category = known.reporting_category
        and placed.measure_code = known.measure_code
        and placed.school_year = known.school_year
        and known.place = 1
    left join {{ ref('int_year_progress') }} as target_year on placed.school_year = target_year.school_year
    left join {{ ref('int_year_progress') }} as value_year on known.value_school_year = value_year.school_year

),

usable as (

    select
        *,
        -- of a year that is over, a figure of an earlier one says nothing
        is_year_over and coalesce(value_school_year <> school_year, false) as is_stale
    from timed

),

valued as (

    select
        *,
        case when not is_stale then measured_value end as last_value,
        case
            when is_stale then null
            when grows_in_year and days_so_far > 0
                then {{ average('measured_value * days_of_year', 'days_so_far', decimals=2) }}
            when not grows_in_year then measured_value
        end as year_value,
        case
            when years_to_target > 0
                then cast(years_to_value - 1 as double) + cast(days_so_far as double) / days_of_year
        end as years_gone
    from usable

),

progressed as (

    select
        *,
        case when better = 'low' then year_value <= target_value else year_value >= target_value end as is_met,
        case
            when target_value <> baseline_value
                then cast(year_value - baseline_value as double) / cast(target_value - baseline_value as double) * 100
        end as progress,
        case when years_to_target > 0 then years_gone / years_to_target * 100 end as line_gone,
        case
            when years_to_target > 0 and years_gone < years_to_target and not is_year_over
                then cast(target_value - year_value as double) / (years_to_target - years_gone)
        end as pace
    from valued

),

asked as (

    select
        *,
        case
            when year_value is null then 'no_value'
            when is_year_over then 'over'
            else 'running'
        end as asked_while
    from progressed

),

judged as (

    select
        asked.*,
        coalesce(met.goal_status, otherwise.goal_status) as goal_status
    from asked
    inner join {{ ref('goal_statuses') }} as otherwise on otherwise.asked_while = 'else'
    left join {{ ref('goal_statuses') }} as met
        on asked.asked_while = met.asked_while
        and (
            met.least_percent_of = 'nothing'
            or asked.is_met
            or (met.least_percent_of = 'target' and asked.progress >= met.least_percent)
            or (met.least_percent_of = 'line' and asked.progress >= asked.line_gone * met.least_percent / 100)
        )

)

select
    judged.school_year,
    judged.placed_level as entity_level,
    judged.cds_code,
    {{ codes_of('judged.placed_level', 'judged.cds_code') }},
    judged.goal_key,
    judged.goal_kind,
    judged.goal_kind_name,
    judged.reporting_category,
    judged.measure_code,
    judged.measure_name,
    judged.unit,
    judged.better,
    judged.adopted_date,
    judged.baseline_school_year,
    cast(judged.baseline_value as decimal(8, 2)) as baseline_value,
    cast(judged.target_value as decimal(8, 2)) as target_value,
    case when judged.last_value is not null then judged.value_school_year end as value_school_year,
    cast(judged.last_value as decimal(8, 2)) as last_value,
    cast(judged.year_value as decimal(8, 2)) as year_value,
    case when judged.last_value is not null then judged.students end as students,
    judged.is_year_over,
    cast(round(judged.progress, 1) as decimal(8, 1)) as progress_percent,
    case when judged.progress is not null then cast(round(judged.line_gone, 1) as decimal(8, 1)) end as line_percent,
    cast(round(judged.pace, 2) as decimal(10, 2)) as needed_per_year,
    judged.goal_status,
    statuses.status_name,
    case
        when judged.year_value is null
            then coalesce(
                judged.why_not_computed,
                case
                    when judged.is_stale then 'The year is over and no figure of it has arrived'
                    else 'No figure of this group and measure has arrived'
                end
            )
    end as no_value_reason
from judged
inner join {{ ref('goal_statuses') }} as statuses on judged.goal_status = statuses.goal_status
