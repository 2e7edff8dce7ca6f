with

published as (

    select * from {{ ref('stg_cde__dashboard_chronic') }}

),

levels as (

    select * from {{ ref('dashboard_levels') }}

),

county as (

    select * from {{ ref('stg_registry__county') }}

)

select
    published.school_year,
    published.entity_level,
    published.cds_code,
    substr(published.cds_code, 1, 2) as county_code,
    case when published.entity_level <> 'state' then substr(published.cds_code, 3, 5) end as district_code,
    case when published.entity_level = 'school' then substr(published.cds_code, 8, 7) end as school_code,
    published.entity_name,
    published.student_group,
    groups.reporting_category,
    published.current_count as chronic_count,
    published.current_students as students,
    published.current_rate as chronic_rate,
    published.prior_count as prior_chronic_count,
    published.prior_students,
    published.prior_rate as prior_chronic_rate,
    published.rate_change,
    published.status_level,
    statuses.level_name as status_name,
    published.change_level,
    changes.level_name as change_name,
    published.color_level,
    colors.level_name as color_name,
    published.is_small_population,
    published.is_uncertified
from published
inner join county
    -- the files are of all California: ours, and the state beside which it is read
    on substr(published.cds_code, 1, 2) = county.county_code or published.entity_level = 'state'
left join {{ ref('dashboard_groups') }} as groups on published.student_group = groups.student_group
left join levels as statuses
    on published.status_level = statuses.level_code
    and statuses.measure = 'status'
left join levels as changes
    on published.change_level = changes.level_code
    and changes.measure = 'change'
left join levels as colors
    on published.color_level = colors.level_code
    and colors.measure = 'color'
