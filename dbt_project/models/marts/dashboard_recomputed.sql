with

published as (

    select * from {{ ref('published_dashboard_indicator') }}

),

recomputed as (

    select * from {{ ref('int_dashboard_rule') }}
    where basis = 'published' and is_actual

),

ours as (

    select * from {{ ref('accountability') }}

)

select
    published.school_year,
    published.entity_level,
    published.cds_code,
    published.county_code,
    published.district_code,
    published.school_code,
    published.entity_name,
    published.student_group,
    published.rate_change,
    recomputed.rate_change as recomputed_rate_change,
    published.status_level,
    recomputed.status_level as recomputed_status_level,
    published.change_level,
    recomputed.change_level as recomputed_change_level,
    published.color_level,
    recomputed.color_level as recomputed_color_level,
    coalesce(
        published.rate_change = recomputed.rate_change,
        published.rate_change is null and recomputed.rate_change is null
    )
    and coalesce(published.status_level, 0) = coalesce(recomputed.status_level, 0)
    and coalesce(published.change_level, 0) = coalesce(recomputed.change_level, 0)
    and coalesce(published.color_level, 0) = coalesce(recomputed.color_level, 0) as is_recomputed,
    published.is_uncertified,
    published.chronic_count,
    published.students,
    published.chronic_rate,
    ours.chronic_count as our_chronic_count,
    ours.students as our_students,
    ours.chronic_rate as our_chronic_rate,
    ours.color_level as our_color_level
from published
inner join recomputed
    on published.school_year = recomputed.school_year
    and published.cds_code = recomputed.cds_code
    and published.student_group = recomputed.student_group
left join ours
    on published.school_year = ours.school_year
    and published.entity_level = ours.entity_level
    and published.cds_code = ours.cds_code
    and published.student_group = ours.student_group
