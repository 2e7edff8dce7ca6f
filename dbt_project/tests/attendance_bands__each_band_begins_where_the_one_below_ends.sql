-- Tests: no share of days missed falls between two bands or into both. Matters when: cut points change.
-- To resolve: make from_percent of each row of seeds/attendance_bands.csv equal below_percent of the row before.
with

bands as (

    select
        attendance_band,
        from_percent,
        lag(below_percent, 1, 0) over (order by sort_order) as ends_below
    from {{ ref('attendance_bands') }}

)

select *
from bands
where from_percent <> ends_below
