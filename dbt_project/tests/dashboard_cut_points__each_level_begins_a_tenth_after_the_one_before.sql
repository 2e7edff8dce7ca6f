-- Tests: the levels of status and of change leave no tenth out and share none. Matters when: a cut point changes. To
-- resolve: correct seed dashboard_cut_points.
with

ordered as (

    select
        *,
        lag(through_value) over (partition by measure, from_school_year order by from_value) as through_before
    from {{ ref('dashboard_cut_points') }}

)

select *
from ordered
where
    from_value > through_value
    or from_value - through_before <> 0.1
