-- The California School Dashboard's rule for chronic absenteeism, once, for our counts and for those that the state
-- published: status, change, their levels, and the color of both.
with

counts as (

    select * from {{ ref('int_dashboard_counts') }}

),

sizes as (

    select * from {{ ref('dashboard_sizes') }}

),

years as (

    select * from {{ ref('dashboard_years') }}

),

cut_points as (

    select * from {{ ref('dashboard_cut_points') }}

),

sized as (

    select
        counts.*,
        counts.students >= shown.students as is_shown,
        counts.prior_students >= shown.students as is_prior_shown,
        counts.students >= coalesce(own_size.students, any_size.students) as is_size_met,
        counts.prior_students >= coalesce(own_size.students, any_size.students) as is_prior_size_met,
        counts.students < small.students as is_small_population,
        coalesce(years.has_status, false) as has_status,
        coalesce(years.has_color, false) as has_color
    from counts
    left join years on {{ holds_in('years', 'counts.school_year') }}
    left join sizes as shown
        on shown.rule = 'shown_from'
        and {{ holds_in('shown', 'counts.school_year') }}
    left join sizes as small
        on small.rule = 'small_population_below'
        and {{ holds_in('small', 'counts.school_year') }}
    left join sizes as any_size
        on any_size.rule = 'n_size'
        and any_size.student_group = 'all'
        and {{ holds_in('any_size', 'counts.school_year') }}
    left join sizes as own_size
        on own_size.rule = 'n_size'
        and counts.entity_level = own_size.entity_level
        and counts.student_group = own_size.student_group
        and {{ holds_in('own_size', 'counts.school_year') }}

),

measured as (

    select
        *,
        case when has_status and is_shown then {{ percent('chronic_count', 'students') }} end as chronic_rate,
        case when has_color and is_prior_shown then {{ percent('prior_chronic_count', 'prior_students') }} end
            as prior_chronic_rate,
        case
            when has_color and is_shown and is_prior_shown
                then {{ points_above('chronic_count', 'students', 'prior_chronic_count', 'prior_students') }}
        end as rate_change
    from sized

),

levelled as (

    select
        measured.*,
        statuses.level_code as status_level,
        -- of a small population a few students are many points: what is significant counts as plain
        case when measured.is_small_population then changes.small_population_level else changes.level_code end
            as change_level
    from measured
    left join cut_points as statuses
        on statuses.measure = 'status'
        and measured.chronic_rate between statuses.from_value and statuses.through_value
        and {{ holds_in('statuses', 'measured.school_year') }}
    left join cut_points as changes
        on changes.measure = 'change'
        and measured.rate_change between changes.from_value and changes.through_value
        and {{ holds_in('changes', 'measured.school_year') }}

)

select
    levelled.basis,
    levelled.school_year,
    levelled.entity_level,
    levelled.cds_code,
    levelled.student_group,
    levelled.is_actual,
    levelled.chronic_count,
    levelled.students,
    levelled.chronic_rate,
    levelled.prior_chronic_count,
    levelled.prior_students,
    levelled.prior_chronic_rate,
    levelled.rate_change,
    levelled.status_level,
    levelled.change_level,
    case when levelled.is_size_met and levelled.is_prior_size_met then colors.color_level end as color_level,
    levelled.is_small_population,
    levelled.is_size_met,
    levelled.is_prior_size_met
from levelled
left join {{ ref('dashboard_colors') }} as colors
    on levelled.status_level = colors.status_level
    and levelled.change_level = colors.change_level
    and {{ holds_in('colors', 'levelled.school_year') }}
