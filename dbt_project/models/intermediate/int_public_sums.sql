-- What ties public counts to each other, so that one can be worked out from others: a row per count and sum that it
-- stands in. A sum lies
-- between nothing and its room; sums that do not hold of these counts tell nobody anything.
with

counts as (

    select * from {{ ref('int_public_counts') }}

),

parts as (

    -- a family and its total; spans through grade 8 and the grades of a span too
    select
        *,
        case when topic = 'dashboard' then 'dashboard' else 'group' end as topic_of_total,
        case when category_family = 'grade_total' then 'grade' else category_family end as family
    from counts
    where adds_up_to is not null

),

shown_on_dashboard as (

    -- where all students are in the grades of the Dashboard, its figure is that of all grades
    select
        accountability.school_year,
        accountability.entity_level,
        entities.district_cds_code,
        entities.is_charter,
        accountability.student_group,
        coalesce(own.count_id, same.count_id) as count_id,
        coalesce(own.place_id, same.place_id) as place_id
    from {{ ref('accountability') }} as accountability
    inner join {{ ref('dim_entities') }} as entities
        on accountability.entity_level = entities.entity_level
        and accountability.cds_code = entities.cds_code
    left join counts as own
        on accountability.school_year = own.school_year
        and accountability.entity_level = own.entity_level
        and accountability.cds_code = own.cds_code
        and own.topic = 'dashboard'
        and accountability.student_group = own.part
    left join counts as same
        on accountability.school_year = same.school_year
        and accountability.entity_level = same.entity_level
        and accountability.cds_code = same.cds_code
        and same.topic = 'group'
        and accountability.students = same.students
        and same.part
        = case when accountability.student_group = 'ALL' then 'GRTK8' else accountability.reporting_category end
    where own.count_id is not null or same.count_id is not null

),

totals as (

    -- once for each family of a total
    select distinct
        parts.place_id,
        parts.family,
        parts.adds_up_to,
        parts.topic_of_total,
        totals.count_id
    from parts
    inner join counts as totals
        on parts.place_id = totals.place_id
        and parts.adds_up_to = totals.part
        and totals.topic = 'group'
    where parts.topic_of_total = 'group'

    union all

    -- once for each family of a total
    select distinct
        parts.place_id,
        parts.family,
        parts.adds_up_to,
        parts.topic_of_total,
        totals.count_id
    from parts
    inner join shown_on_dashboard as totals
        on parts.place_id = totals.place_id
        and parts.adds_up_to = totals.student_group
    where parts.topic_of_total = 'dashboard'

),

charters as (

    select
        cds_code,
        is_charter
    from {{ ref('dim_entities') }}
    where entity_level = 'school'

),

ordered as (

    select
        *,
        lag(part) over (partition by place_id order by cast(part as integer)) as part_before,
        lead(part) over (partition by place_id order by cast(part as integer)) as part_after
    from counts
    where topic = 'month'

),

named as (

    -- families add up to their total
    select
        count_id,
        place_id || ' ' || topic_of_total || ' ' || adds_up_to || ' ' || family as sum_name,
        1 as sign,
        'family' as kind,
        cast(null as string) as area,
        false as is_of_all
    from parts

    union all

    select
        count_id,
        place_id || ' ' || topic_of_total || ' ' || adds_up_to || ' ' || family as sum_name,
        -1 as sign,
        'family' as kind,
        cast(null as string) as area,
        false as is_of_all
    from totals

    union all

    -- a district's students are those of its schools, each once
    select
        count_id,
        school_year || ' ' || district_cds_code || ' ' || topic || ' ' || part as sum_name,
        case entity_level when 'school' then 1 else -1 end as sign,
        'between' as kind,
        case when topic in ('group', 'grade') then school_year || ' ' || district_cds_code end as area,
        topic = 'group' and part = 'TA' as is_of_all
    from counts
    where entity_level in ('school', 'district') and topic in ('group', 'grade', 'month', 'survey')

    union all

    select
        count_id,
        school_year || ' county ' || topic || ' ' || part as sum_name,
        case entity_level when 'district' then 1 else -1 end as sign,
        'between' as kind,
        case when topic in ('group', 'grade') then school_year || ' county' end as area,
        topic = 'group' and part = 'TA' as is_of_all
    from counts
    where entity_level in ('district', 'county') and topic not in ('dashboard', 'beyond')

    union all

    -- the Dashboard counts a district's schools that are no charters
    select
        count_id,
        school_year || ' ' || district_cds_code || ' dashboard ' || student_group as sum_name,
        case entity_level when 'school' then 1 else -1 end as sign,
        'between' as kind,
        school_year || ' ' || district_cds_code || ' dashboard' as area,
        student_group = 'ALL' as is_of_all
    from shown_on_dashboard
    where entity_level = 'district' or not is_charter

    union all

    -- whose last school is a charter was at one of the charters
    select
        counts.count_id,
        counts.school_year || ' ' || counts.district_cds_code || ' charter '
        || case when charters.is_charter then 'CHY' else 'CHN' end as sum_name,
        1 as sign,
        'at_most' as kind,
        cast(null as string) as area,
        false as is_of_all
    from counts
    inner join charters on counts.cds_code = charters.cds_code
    where counts.entity_level = 'school' and counts.topic = 'group' and counts.part = 'TA'

    union all

    select
        count_id,
        school_year || ' ' || district_cds_code || ' charter ' || part as sum_name,
        -1 as sign,
        'at_most' as kind,
        cast(null as string) as area,
        false as is_of_all
    from counts
    where entity_level = 'district' and topic = 'group' and part in ('CHY', 'CHN')

    union all

    -- students are added from month to month
    select
        count_id,
        place_id || ' month ' || part as sum_name,
        -1 as sign,
        'at_most' as kind,
        cast(null as string) as area,
        false as is_of_all
    from ordered
    where part_after is not null

    union all

    select
        count_id,
        place_id || ' month ' || part_before as sum_name,
        1 as sign,
        'at_most' as kind,
        cast(null as string) as area,
        false as is_of_all
    from ordered
    where part_before is not null

    union all

    -- who was measured had the intervention, who was matched was measured
    select
        count_id,
        place_id || ' measured ' || part as sum_name,
        case topic when 'intervention' then 1 else -1 end as sign,
        'at_most' as kind,
        cast(null as string) as area,
        false as is_of_all
    from counts
    where topic in ('intervention', 'measured')

    union all

    select
        count_id,
        place_id || ' matched ' || part as sum_name,
        case topic when 'measured' then 1 else -1 end as sign,
        'at_most' as kind,
        cast(null as string) as area,
        false as is_of_all
    from counts
    where topic in ('measured', 'matched')

    union all

    -- through grade 8 and beyond
    select
        count_id,
        place_id || ' beyond ' || part as sum_name,
        1 as sign,
        'beyond' as kind,
        cast(null as string) as area,
        false as is_of_all
    from counts
    where topic in ('dashboard', 'beyond')

    union all

    select
        counts.count_id,
        beyond.place_id || ' beyond ' || beyond.part as sum_name,
        -1 as sign,
        'beyond' as kind,
        cast(null as string) as area,
        false as is_of_all
    from counts as beyond
    left join {{ ref('dashboard_groups') }} as groups on beyond.part = groups.student_group
    inner join counts
        on beyond.place_id = counts.place_id
        and counts.topic = 'group'
        and counts.part = case when beyond.part = 'ALL' then 'GRTK8' else groups.reporting_category end
    where beyond.topic = 'beyond'

),

weighed as (

    select
        named.count_id,
        named.kind,
        named.sign,
        named.area,
        named.is_of_all,
        counts.students,
        counts.chronic,
        -- the groups of a family share what is counted twice
        case
            when
                named.kind = 'between'
                and named.area is not null
                and counts.adds_up_to is not null
                and counts.category_family <> 'grade_total'
                then named.area || ' ' || counts.topic || ' ' || counts.category_family
        end as sisters,
        dense_rank() over (order by named.sum_name) as sum_id,
        sum(named.sign * counts.students) over one_sum as students_left,
        sum(named.sign * counts.chronic) over one_sum as chronic_left,
        bool_and(counts.chronic is not null) over one_sum as counts_chronic,
        min(named.sign) over one_sum as lowest_sign,
        max(named.sign) over one_sum as highest_sign
    from named
    inner join counts on named.count_id = counts.count_id
    window one_sum as (partition by named.sum_name)

),

with_room as (

    -- nobody is counted twice in a group who is not counted twice among all students
    select
        *,
        case
            when kind in ('family', 'beyond') and students_left = 0 then 0
            -- of all students it is known only as long as none of their counts is hidden
            when area is null or is_of_all then {{ endless() }}
            else greatest(
                coalesce(max(case when is_of_all then students_left end) over one_area, {{ endless() }}), students_left
            )
        end as room,
        case
            when kind in ('family', 'beyond') and students_left = 0 then 0
            when area is null or is_of_all then {{ endless() }}
            else greatest(
                coalesce(max(case when is_of_all then chronic_left end) over one_area, {{ endless() }}), chronic_left
            )
        end as room_chronic
    from weighed
    window one_area as (partition by area)

)

select
    with_room.count_id,
    cast(with_room.sum_id as integer) as sum_id,
    -- a total that is more than its parts is at least as much
    cast(
        case
            when with_room.kind in ('family', 'beyond') and with_room.students_left < 0 then -with_room.sign
            else with_room.sign
        end as integer
    ) as sign,
    cast(case when with_room.sisters is not null then dense_rank() over (order by with_room.sisters) end as integer)
        as sisters_id,
    cast(case when with_room.area is not null then dense_rank() over (order by with_room.area) end as integer)
        as area_id,
    with_room.is_of_all,
    cast(with_room.students_left as integer) as students_left,
    cast(coalesce(with_room.chronic_left, 0) as integer) as chronic_left,
    cast(with_room.room as integer) as room,
    cast(coalesce(with_room.room_chronic, {{ endless() }}) as integer) as room_chronic,
    with_room.kind = 'between' as is_capped,
    -- so little is left that a hidden count needs company in it
    abs(with_room.students_left) < thresholds.value as is_tight,
    -- each student who is chronically absent there, and each who is not, is so at one of the parts
    with_room.counts_chronic
    and case
        when with_room.kind in ('family', 'beyond') and with_room.students_left < 0
            then -with_room.chronic_left between 0 and -with_room.students_left
        when with_room.kind in ('family', 'beyond') then with_room.chronic_left = 0
        when with_room.kind = 'between' then with_room.chronic_left between 0 and with_room.students_left
        else false
    end as ties_chronic
from with_room
inner join {{ ref('suppression_thresholds') }} as thresholds on thresholds.rule = 'narrowest_bounds'
where
    with_room.lowest_sign < with_room.highest_sign
    and (with_room.students_left >= 0 or with_room.kind in ('family', 'beyond'))
