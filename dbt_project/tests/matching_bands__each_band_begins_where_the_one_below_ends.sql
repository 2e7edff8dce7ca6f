-- When it matters: a student in no band, or in two, is compared with nobody or twice. How to resolve it: mend the seed,
-- from 0 to above 100 without a gap, and with an edge wherever a tier begins.
with

bands as (

    select
        measure,
        from_percent,
        below_percent,
        lag(below_percent) over (partition by measure order by band) as below_before,
        lead(from_percent) over (partition by measure order by band) as from_next
    from {{ ref('matching_bands') }}

)

select
    measure,
    from_percent
from bands
where
    from_percent <> coalesce(below_before, 0)
    or (from_next is null and below_percent <= 100)

union all

select
    'tier' as measure,
    tiers.from_percent
from {{ ref('attendance_tiers') }} as tiers
left join bands
    on bands.measure = 'so_far'
    and tiers.from_percent = bands.from_percent
where bands.measure is null
