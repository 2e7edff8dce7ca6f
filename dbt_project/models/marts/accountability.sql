with

judged as (

    select * from {{ ref('int_dashboard_rule') }}
    where basis = 'ours'

),

actual as (

    select * from judged
    where is_actual

),

moves as (

    -- Fewer students never make a worse color, so the largest count of a better one is the nearest and has the next
    select
        actual.school_year,
        actual.entity_level,
        actual.cds_code,
        actual.student_group,
        max(case when imagined.color_level > actual.color_level then imagined.chronic_count end) as better_count,
        min(case when imagined.color_level > actual.color_level then imagined.color_level end) as better_level,
        min(case when imagined.color_level < actual.color_level then imagined.chronic_count end) as worse_count,
        max(case when imagined.color_level < actual.color_level then imagined.color_level end) as worse_level
    from actual
    inner join judged as imagined
        on actual.school_year = imagined.school_year
        and actual.entity_level = imagined.entity_level
        and actual.cds_code = imagined.cds_code
        and actual.student_group = imagined.student_group
        and not imagined.is_actual
    group by actual.school_year, actual.entity_level, actual.cds_code, actual.student_group

),

levels as (

    select * from {{ ref('dashboard_levels') }}

)

select
    actual.school_year,
    actual.entity_level,
    actual.cds_code,
    {{ codes_of('actual.entity_level', 'actual.cds_code') }},
    actual.student_group,
    groups.group_name,
    groups.reporting_category,
    actual.chronic_count,
    actual.students,
    actual.chronic_rate,
    actual.prior_chronic_count,
    actual.prior_students,
    actual.prior_chronic_rate,
    actual.rate_change,
    actual.status_level,
    statuses.level_name as status_name,
    actual.change_level,
    changes.level_name as change_name,
    actual.color_level,
    colors.level_name as color_name,
    actual.is_small_population,
    actual.is_size_met,
    coalesce(actual.is_prior_size_met, false) as is_prior_size_met,
    moves.better_level as better_color_level,
    better_colors.level_name as better_color_name,
    moves.better_count as chronic_count_for_better_color,
    actual.chronic_count - moves.better_count as students_fewer_for_better_color,
    moves.worse_level as worse_color_level,
    worse_colors.level_name as worse_color_name,
    moves.worse_count as chronic_count_for_worse_color,
    moves.worse_count - actual.chronic_count as students_more_for_worse_color
from actual
inner join {{ ref('dashboard_groups') }} as groups on actual.student_group = groups.student_group
left join moves
    on actual.school_year = moves.school_year
    and actual.entity_level = moves.entity_level
    and actual.cds_code = moves.cds_code
    and actual.student_group = moves.student_group
left join levels as statuses
    on actual.status_level = statuses.level_code
    and statuses.measure = 'status'
left join levels as changes
    on actual.change_level = changes.level_code
    and changes.measure = 'change'
left join levels as colors
    on actual.color_level = colors.level_code
    and colors.measure = 'color'
left join levels as better_colors
    on moves.better_level = better_colors.level_code
    and better_colors.measure = 'color'
left join levels as worse_colors
    on moves.worse_level = worse_colors.level_code
    and worse_colors.measure = 'color'
