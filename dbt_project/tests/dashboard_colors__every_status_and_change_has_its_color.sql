-- Tests: the grid has a color for every status and change, none is worse for a better status or a better change, and
-- each is a known level. Matters when: the grid changes; accountability relies on it where it looks for the next
-- color. To resolve: correct seed dashboard_colors.
with

statuses as (

    select * from {{ ref('dashboard_levels') }}
    where measure = 'status'

),

changes as (

    select * from {{ ref('dashboard_levels') }}
    where measure = 'change'

),

known as (

    select * from {{ ref('dashboard_levels') }}
    where measure = 'color'

),

grid as (

    select
        colors.*,
        lag(colors.color_level) over (
            partition by colors.from_school_year, colors.change_level order by colors.status_level
        ) as color_of_worse_status,
        lag(colors.color_level) over (
            partition by colors.from_school_year, colors.status_level order by colors.change_level
        ) as color_of_worse_change
    from {{ ref('dashboard_colors') }} as colors

)

select
    statuses.level_code as status_level,
    changes.level_code as change_level,
    grid.color_level
from statuses
cross join changes
left join grid
    on statuses.level_code = grid.status_level
    and changes.level_code = grid.change_level
left join known on grid.color_level = known.level_code
where
    known.level_code is null
    or grid.color_level < grid.color_of_worse_status
    or grid.color_level < grid.color_of_worse_change
