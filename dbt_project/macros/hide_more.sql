{#
    One round of suppression. What everybody can work out bounds each hidden count: a sum gives back one part where the
    others are known. Where the bounds of a hidden count lie too close together, one more count of a sum that brings them
    so close is hidden, the one that costs least; with it whatever is equal to it. The next round looks again.

    A row of ``previous`` is a count in a sum, with all that is known of the count.
#}
{% macro hide_more(previous, sweeps=3) -%}
{%- set known = [
    'count_id', 'place_id', 'unit_id', 'sum_id', 'sisters_id', 'area_id', 'is_of_all', 'sign', 'students_left', 'chronic_left', 'room', 'room_chronic', 'is_capped', 'is_tight',
    'ties_chronic', 'school_year', 'is_month', 'is_beyond', 'is_of_place', 'is_total',
    'is_small', 'is_cover', 'is_of_few_absent', 'students', 'chronic', 'students_at_place', 'price', 'narrowest_bounds',
    'largest_hidden_group', 'few_absent', 'room_to_be_known', 'times_first', 'times_too_small'
] -%}
with

-- a school year in which nothing is left too close stays as it is
unsettled as (

    select previous.*
    from {{ previous }} as previous
    where
        previous.school_year
        in (select too_close.school_year from {{ previous }} as too_close where too_close.is_too_close)

),

-- the figures of all students hide those of their months
followed as (

    select
        {{ known | join(',\n        ') }},
        bool_or(is_total and hides_students) over place as hides_total,
        hides_students or (is_month and bool_or(is_total and hides_students) over place) as hides_students,
        hides_chronic or (is_month and bool_or(is_total and hides_chronic) over place) as hides_chronic
    from unsettled
    window place as (partition by place_id)

),

opened as (

    select
        *,
        bool_or(hides_students) over one_sum as hides_one,
        bool_or(hides_chronic) over one_sum as hides_one_chronic
    from followed
    window one_sum as (partition by sum_id)

),

known_wholes as (

    select
        *,
        bool_or(is_of_all and hides_one) over one_area as hides_whole,
        bool_or(is_of_all and hides_one_chronic) over one_area as hides_whole_chronic
    from opened
    window one_area as (partition by area_id)

),

left_over as (

    -- How much more the schools have than the district is known of the groups that are shown, and of all students. What
    -- is left is the room of the groups that are hidden. The whole of a sum stands for it once.
    select
        *,
        sum(case when sign < 0 and hides_one then students_left else 0 end) over sisters as left_to_hidden,
        sum(case when sign < 0 and hides_one_chronic then chronic_left else 0 end) over sisters as left_to_hidden_chronic
    from known_wholes
    window sisters as (partition by sisters_id)

),

roomy as (

    -- where it is next to nothing, how much of it each has is as good as known
    select
        *,
        case
            when area_id is null or is_of_all or not hides_one then room
            when hides_whole then {{ endless() }}
            when sisters_id is null then room
            when left_to_hidden < room_to_be_known then students_left
            else least(room, left_to_hidden)
        end as room_now,
        case
            when area_id is null or is_of_all or not hides_one_chronic then room_chronic
            when hides_whole_chronic then {{ endless() }}
            when sisters_id is null then room_chronic
            when left_to_hidden_chronic < room_to_be_known then chronic_left
            else least(room_chronic, left_to_hidden_chronic)
        end as room_chronic_now
    from left_over

),

-- what the reason alone tells
told as (

    select
        *,
        case
            -- shown nowhere: known only by the two whose difference it is
            when is_beyond then 0
            when not hides_students then students
            when not is_small then largest_hidden_group + 1
            when is_cover then 0
            else 1
        end as least_told,
        case
            when is_beyond then {{ endless() }}
            when not hides_students then students
            when is_small then largest_hidden_group
            when hides_total or students_at_place is null or not is_of_place then {{ endless() }}
            else students_at_place
        end as most_told
    from roomy

),

told_of_chronic as (

    -- a reason says nothing of how many are chronically absent, but that they are few where it is said of no group
    select
        *,
        case when hides_chronic or is_beyond then 0 else coalesce(chronic, 0) end as least_chronic_told,
        case
            when is_beyond then most_told
            when not hides_chronic then coalesce(chronic, 0)
            when is_of_few_absent and not is_month then least(few_absent, most_told)
            else most_told
        end as most_chronic_told
    from told

),

sweep_0 as (

    select
        *,
        cast(least_told as bigint) as fewest,
        cast(most_told as bigint) as most,
        cast(least_chronic_told as bigint) as least_chronic,
        cast(most_chronic_told as bigint) as most_chronic
    from told_of_chronic

),

{% for sweep in range(1, sweeps + 1) %}
-- what each sum leaves to its parts, once the others are as large or as small as they can be
summed_{{ sweep }} as (

    select
        {{ known | join(',\n        ') }},
        room_now,
        room_chronic_now,
        hides_students,
        hides_chronic,
        least_told,
        most_told,
        least_chronic_told,
        most_chronic_told,
        {{ 'is_close_alone, is_chronic_close_alone,' if sweep > 1 }}
        fewest,
        most,
        least_chronic,
        most_chronic,
        sum(case when sign > 0 then fewest else -most end) over one_sum as least_left,
        sum(case when sign > 0 then most else -fewest end) over one_sum as most_left,
        max(case when sign < 0 then most end) over one_sum as cap,
        max(case when sign > 0 then fewest end) over one_sum as largest_part,
        sum(case when sign > 0 then least_chronic else -most_chronic end) over one_sum as least_chronic_left,
        sum(case when sign > 0 then most_chronic else -least_chronic end) over one_sum as most_chronic_left
    from sweep_{{ sweep - 1 }}
    window one_sum as (partition by sum_id)

),

bounded_{{ sweep }} as (

    select
        *,
        case
            when sign > 0 then most - most_left
            when is_capped then greatest(largest_part, least_left + most - room_now)
            else least_left + most - room_now
        end as least_by_sum,
        case
            when sign < 0 then most_left + fewest
            when is_capped then least(cap, fewest - least_left + room_now)
            else fewest - least_left + room_now
        end as most_by_sum,
        -- no more of them are counted twice than of all students there
        case
            when not ties_chronic then 0
            when sign > 0 then most_chronic - most_chronic_left
            else least_chronic_left + most_chronic - least(room_chronic_now, most_left)
        end as least_chronic_by_sum,
        case
            when not ties_chronic then {{ endless() }}
            when sign < 0 then most_chronic_left + least_chronic
            else least(room_chronic_now, most_left) - least_chronic_left + least_chronic
        end as most_chronic_by_sum
    from summed_{{ sweep }}

),

sweep_{{ sweep }} as (

    select
        {{ known | join(',\n        ') }},
        room_now,
        room_chronic_now,
        hides_students,
        hides_chronic,
        least_told,
        most_told,
        least_chronic_told,
        most_chronic_told,
        least_by_sum,
        most_by_sum,
        least_chronic_by_sum,
        most_chronic_by_sum,
        {% if sweep == 1 %}
            -- whether this sum brings the bounds too close whatever the others say
            least(most_told, most_by_sum) - greatest(least_told, least_by_sum) < narrowest_bounds as is_close_alone,
            least(most_chronic_told, most_chronic_by_sum) - greatest(least_chronic_told, least_chronic_by_sum)
            < narrowest_bounds as is_chronic_close_alone,
        {% else %}
            is_close_alone,
            is_chronic_close_alone,
        {% endif %}
        greatest(fewest, max(least_by_sum) over one_count) as fewest,
        least(most, min(most_by_sum) over one_count) as most,
        greatest(least_chronic, max(least_chronic_by_sum) over one_count) as least_chronic,
        least(
            most_chronic, min(most_chronic_by_sum) over one_count, most, min(most_by_sum) over one_count
        ) as most_chronic
    from bounded_{{ sweep }}
    window one_count as (partition by count_id)

),

{% endfor %}
judged as (

    select
        {{ known | join(',\n        ') }},
        hides_students,
        hides_chronic,
        -- how much too close the bounds are; nothing or less where they are not
        case when hides_students then narrowest_bounds - (most - fewest) else 0 end as lacking,
        case when hides_chronic then narrowest_bounds - (most_chronic - least_chronic) else 0 end as lacking_chronic,
        is_close_alone,
        is_chronic_close_alone,
        -- whether this sum brings them so close, with what others say of its parts
        least(most_told, most_by_sum) - greatest(least_told, least_by_sum) < narrowest_bounds as is_close_by_sum,
        least(most_chronic_told, most_chronic_by_sum) - greatest(least_chronic_told, least_chronic_by_sum)
        < narrowest_bounds as is_chronic_close_by_sum
    from sweep_{{ sweeps }}

),

needed as (

    select
        *,
        max(lacking) over one_sum as lacking_in_sum,
        max(lacking_chronic) over one_sum as lacking_chronic_in_sum,
        is_tight and not bool_or(hides_students) over one_sum as would_be_first,
        is_tight
        and ties_chronic
        and not bool_or(hides_chronic) over one_sum as would_be_first_chronic,
        not hides_students and not is_small and not is_beyond as can_be_hidden,
        not hides_chronic and not is_small and not is_beyond and chronic is not null as can_hide_chronic
    from judged
    window one_sum as (partition by sum_id)

),

priced as (

    -- where nothing is hidden yet, it would need company in its turn
    select
        *,
        price * (1 + times_first * sum(case when would_be_first then 1 else 0 end) over one_count) as price_now,
        price * (1 + times_first * sum(case when would_be_first_chronic then 1 else 0 end) over one_count) as chronic_price_now
    from needed
    window one_count as (partition by count_id)

),

ranked as (

    select
        *,
        row_number() over (
            partition by sum_id
            order by
                case when can_be_hidden then 0 else 1 end,
                -- too small to give the others room: another one would be needed
                price_now * case when students > largest_hidden_group + lacking_in_sum then 1 else times_too_small end,
                count_id
        ) as place_in_sum,
        row_number() over (
            partition by sum_id
            order by
                case when can_hide_chronic then 0 else 1 end,
                chronic_price_now * case when chronic >= lacking_chronic_in_sum then 1 else times_too_small end,
                count_id
        ) as chronic_place_in_sum
    from priced

),

offered as (

    select
        *,
        min(case when place_in_sum = 1 and can_be_hidden then price_now end) over one_sum as offer,
        min(case when chronic_place_in_sum = 1 and can_hide_chronic then chronic_price_now end) over one_sum as chronic_offer
    from ranked
    window one_sum as (partition by sum_id)

),

asked as (

    -- first at sums that are to blame whatever others say, then, one at a time, at one that is to blame with others
    select
        *,
        case
            when lacking <= 0 or offer is null then null
            when is_close_alone then 1
            when is_close_by_sum then 2
            else 3
        end as turn,
        case
            when lacking_chronic <= 0 or chronic_offer is null then null
            when is_chronic_close_alone then 1
            when is_chronic_close_by_sum then 2
            else 3
        end as chronic_turn
    from offered

),

chosen as (

    select
        *,
        min(turn) over place as turn_of_place,
        min(chronic_turn) over place as chronic_turn_of_place,
        row_number() over (partition by count_id order by turn nulls last, offer nulls last, sum_id) as choice,
        row_number() over (
            partition by count_id
            order by chronic_turn nulls last, chronic_offer nulls last, sum_id
        ) as chronic_choice,
        row_number() over (partition by place_id order by turn nulls last, offer nulls last, sum_id, count_id)
            as choice_of_place,
        row_number() over (
            partition by place_id
            order by chronic_turn nulls last, chronic_offer nulls last, sum_id, count_id
        ) as chronic_choice_of_place
    from asked
    window place as (partition by place_id)

),

wanted as (

    select
        *,
        bool_or(turn = 1 and choice = 1 or turn = turn_of_place and choice_of_place = 1) over one_sum as wants_one,
        bool_or(
            chronic_turn = 1 and chronic_choice = 1
            or chronic_turn = chronic_turn_of_place and chronic_choice_of_place = 1
        ) over one_sum as wants_chronic
    from chosen
    window one_sum as (partition by sum_id)

),

taken as (

    select
        *,
        bool_or(coalesce(wants_one, false) and place_in_sum = 1 and can_be_hidden) over unit as is_taken,
        -- a head-count takes its chronically absent with it: first see whether that is enough
        bool_or(
            coalesce(wants_chronic, false)
            and not coalesce(wants_one, false)
            and chronic_place_in_sum = 1
            and can_hide_chronic
        ) over unit as is_chronic_taken,
        bool_or(hides_students) over unit as is_hidden_in_unit,
        bool_or(hides_chronic) over unit as is_chronic_hidden_in_unit
    from wanted
    window unit as (partition by unit_id)

)

select
    {{ known | join(',\n    ') }},
    hides_students or is_taken or is_hidden_in_unit as hides_students,
    chronic is not null
    and (hides_chronic or is_taken or is_hidden_in_unit or is_chronic_taken or is_chronic_hidden_in_unit) as hides_chronic,
    lacking > 0 or lacking_chronic > 0 as is_too_close
from taken

union all

select
    {{ known | join(',\n    ') }},
    hides_students,
    hides_chronic,
    is_too_close
from {{ previous }} as settled
where
    settled.school_year
    not in (select too_close.school_year from {{ previous }} as too_close where too_close.is_too_close)
{%- endmacro %}


{# More than any count of students. #}
{% macro endless() -%}1000000000{%- endmacro %}
