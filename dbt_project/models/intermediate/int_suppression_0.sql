-- Where suppression begins: every public count in every sum that it stands in, hidden or shown by what it says by
-- itself, or because an attack on an earlier build has asked for it.
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
    counts.suppression_reason is not null or coalesce(company.hides_students, false) as hides_students,
    counts.hides_chronic or (company.part is not null and counts.chronic is not null) as hides_chronic,
    true as is_too_close
from {{ ref('int_public_counts') }} as counts
inner join {{ ref('int_public_sums') }} as sums on counts.count_id = sums.count_id
left join {{ ref('stg_suppression__company') }} as company
    on counts.school_year = company.school_year
    and counts.entity_level = company.entity_level
    and counts.cds_code = company.cds_code
    and counts.topic = company.topic
    and counts.part = company.part
cross join thresholds
cross join prices
