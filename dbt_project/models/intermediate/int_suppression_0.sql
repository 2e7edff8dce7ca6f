-- Where suppression begins: every public count in every sum that it stands in, hidden or shown by what it says by
-- itself, or because an attack on an earlier build has asked for it, or the last release hid it and its place has
-- hardly moved since.
with

thresholds as (

    select
        cast(max(case when rule = 'largest_hidden_group' then value end) as integer) as largest_hidden_group,
        cast(max(case when rule = 'room_to_be_known' then value end) as integer) as room_to_be_known,
        cast(max(case when rule = 'few_absent' then value end) as integer) as few_absent,
        cast(max(case when rule = 'narrowest_bounds' then value end) as integer) as narrowest_bounds
    from {{ ref('suppression_thresholds') }}

),

prices as (

    select
        cast(max(case when what = 'first' then times end) as integer) as times_first,
        cast(max(case when what = 'too_small' then times end) as integer) as times_too_small
    from {{ ref('suppression_prices') }}

),

moved as (

    select
        held.school_year,
        held.entity_level,
        held.cds_code,
        held.topic,
        held.part,
        held.hides_students,
        -- others move though the students of the place stay the same
        held.topic in ('group', 'grade', 'month', 'dashboard') as is_of_place,
        thresholds.narrowest_bounds,
        2 * abs(totals.students - held.students_of_all) as by_students,
        -- who came or went may be chronically absent
        2 * greatest(
            abs(totals.students - held.students_of_all), abs(totals.chronic - held.chronic_of_all)
        ) as by_chronic
    from {{ ref('stg_suppression__held_cells') }} as held
    inner join {{ ref('int_public_counts') }} as totals
        on held.school_year = totals.school_year
        and held.entity_level = totals.entity_level
        and held.cds_code = totals.cds_code
        and totals.topic = 'group'
        and totals.part = 'TA'
    cross join thresholds

),

held as (

    select
        school_year,
        entity_level,
        cds_code,
        topic,
        part,
        hides_students
        and case when is_of_place then by_students < narrowest_bounds else by_chronic = 0 end as hides_students,
        by_chronic < narrowest_bounds as hides_chronic
    from moved

)

select
    counts.count_id,
    counts.place_id,
    counts.unit_id,
    sums.sum_id,
    sums.sign,
    sums.sisters_id,
    sums.area_id,
    sums.is_of_all,
    sums.students_left,
    sums.chronic_left,
    sums.room,
    sums.room_chronic,
    sums.is_capped,
    sums.is_tight,
    sums.ties_chronic,
    counts.school_year,
    counts.topic = 'month' as is_month,
    counts.topic = 'beyond' as is_beyond,
    counts.topic in ('group', 'grade', 'dashboard') as is_of_place,
    counts.topic = 'group' and counts.part = 'TA' as is_total,
    counts.students <= thresholds.largest_hidden_group as is_small,
    counts.is_cover,
    counts.is_of_few_absent,
    counts.students,
    counts.chronic,
    counts.students_at_place,
    counts.price,
    thresholds.narrowest_bounds,
    thresholds.largest_hidden_group,
    thresholds.few_absent,
    thresholds.room_to_be_known,
    prices.times_first,
    prices.times_too_small,
    counts.suppression_reason is not null
    or coalesce(company.hides_students, false)
    or coalesce(held.hides_students, false) as hides_students,
    counts.hides_chronic
    or (
        counts.chronic is not null
        and (company.part is not null or coalesce(held.hides_students, false) or coalesce(held.hides_chronic, false))
    ) as hides_chronic,
    true as is_too_close
from {{ ref('int_public_counts') }} as counts
inner join {{ ref('int_public_sums') }} as sums on counts.count_id = sums.count_id
left join {{ ref('stg_suppression__company') }} as company
    on counts.school_year = company.school_year
    and counts.entity_level = company.entity_level
    and counts.cds_code = company.cds_code
    and counts.topic = company.topic
    and counts.part = company.part
left join held
    on counts.school_year = held.school_year
    and counts.entity_level = held.entity_level
    and counts.cds_code = held.cds_code
    and counts.topic = held.topic
    and counts.part = held.part
cross join thresholds
cross join prices
