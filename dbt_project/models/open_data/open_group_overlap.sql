{{ config(alias='group_overlap') }}
-- Chronic absence where two program groups meet: the county alone, since no place below it has such a table. The
-- groups are public themselves, so a pair tells of four groups: in both, in either alone, in neither. It is told
-- where in all four more than ten are chronically absent, and more than ten are not. Of three groups whose pairs are
-- all known, the smallest pair is not told where it would part off a small group; a pair in which one group lies
-- within the other counts as known, for some do so by definition.
{%- set quadrants = ['both', 'first_only', 'second_only', 'neither'] %}
with

{{ public_limits(['largest_hidden_group']) }},

public_groups as (

    select
        school_year,
        part as reporting_category,
        suppression_reason is not null as hides_students,
        hides_chronic
    from {{ ref('int_suppressed_counts') }}
    where topic = 'group' and entity_level = 'county'

),

judged as (

    select
        pairs.*,
        first_groups.hides_students
        or second_groups.hides_students
        or least(
            pairs.students_both, pairs.students_first_only, pairs.students_second_only, pairs.students_neither
        ) <= limits.largest_hidden_group as hides_students,
        first_groups.hides_chronic
        or second_groups.hides_chronic
        or least(
            {% for quadrant in quadrants %}
                pairs.chronic_{{ quadrant }}, pairs.other_{{ quadrant }}{{ ',' if not loop.last }}
            {% endfor %}
        ) <= limits.largest_hidden_group as hides_chronic,
        -- of either group, and of all others, those who are chronically absent and those who are not
        nestings.lies_within is null
        and least(
            {% for measure in ['chronic', 'other'] %}
                pairs.{{ measure }}_both + pairs.{{ measure }}_first_only,
                pairs.{{ measure }}_both + pairs.{{ measure }}_second_only,
                pairs.{{ measure }}_neither + pairs.{{ measure }}_first_only,
                pairs.{{ measure }}_neither + pairs.{{ measure }}_second_only{{ ',' if not loop.last }}
            {% endfor %}
        ) > limits.largest_hidden_group as has_row
    from {{ ref('int_program_pairs') }} as pairs
    cross join limits
    left join {{ ref('program_group_nestings') }} as nestings
        on (pairs.reporting_category = nestings.reporting_category and pairs.other_category = nestings.lies_within)
        or (pairs.other_category = nestings.reporting_category and pairs.reporting_category = nestings.lies_within)
    inner join public_groups as first_groups
        on pairs.school_year = first_groups.school_year
        and pairs.reporting_category = first_groups.reporting_category
    inner join public_groups as second_groups
        on pairs.school_year = second_groups.school_year
        and pairs.other_category = second_groups.reporting_category

),

sides as (

    -- the three pairs of each three groups
    {% for one, other in [('first', 'second'), ('first', 'third'), ('second', 'third')] %}
        select
            threes.school_year,
            threes.first_category,
            threes.second_category,
            threes.third_category,
            threes.is_tight_of_students,
            threes.is_tight_of_chronic or threes.is_tight_of_other as is_tight_of_chronic,
            judged.reporting_category,
            judged.other_category,
            judged.students_both,
            judged.hides_students,
            judged.hides_chronic,
            case when judged.is_nested or not judged.hides_students then 1 else 0 end as is_known,
            case
                when judged.is_nested or not (judged.hides_students or judged.hides_chronic) then 1 else 0
            end as is_chronic_known
        from {{ ref('int_program_threes') }} as threes
        inner join judged
            on threes.school_year = judged.school_year
            and threes.{{ one }}_category = judged.reporting_category
            and threes.{{ other }}_category = judged.other_category
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

weighed as (

    select
        *,
        is_tight_of_students and min(is_known) over of_three = 1 as hides_one,
        is_tight_of_chronic and min(is_chronic_known) over of_three = 1 as hides_one_chronic,
        row_number() over (
            partition by school_year, first_category, second_category, third_category
            order by hides_students, students_both, reporting_category, other_category
        ) as place,
        row_number() over (
            partition by school_year, first_category, second_category, third_category
            order by hides_students, hides_chronic, students_both, reporting_category, other_category
        ) as chronic_place
    from sides
    window of_three as (partition by school_year, first_category, second_category, third_category)

),

companions as (

    -- the categories of a pair in order
    select
        school_year,
        reporting_category,
        other_category,
        bool_or(hides_one and place = 1) as hides_students,
        bool_or(hides_one_chronic and chronic_place = 1) as hides_chronic
    from weighed
    group by school_year, reporting_category, other_category

),

told as (

    select
        judged.*,
        judged.hides_students or coalesce(companions.hides_students, false) as keeps_students,
        judged.hides_students
        or judged.hides_chronic
        or coalesce(companions.hides_students, false)
        or coalesce(companions.hides_chronic, false) as keeps_chronic
    from judged
    left join companions
        on judged.school_year = companions.school_year
        and least(judged.reporting_category, judged.other_category) = companions.reporting_category
        and greatest(judged.reporting_category, judged.other_category) = companions.other_category

)

select
    school_year,
    cds_code,
    reporting_category,
    category_name,
    other_category,
    other_category_name,
    case when not keeps_students then students_both end as eligible_enrollment,
    case when not keeps_chronic then chronic_both end as chronic_count,
    case when not keeps_chronic then {{ percent('chronic_both', 'students_both') }} end as chronic_rate,
    case
        when not keeps_chronic then {{ percent('chronic_first_only', 'students_first_only') }}
    end as chronic_rate_first_only,
    case
        when not keeps_chronic then {{ percent('chronic_second_only', 'students_second_only') }}
    end as chronic_rate_second_only,
    case when not keeps_chronic then {{ percent('chronic_neither', 'students_neither') }} end as chronic_rate_neither,
    case when keeps_students then 'small_group' when keeps_chronic then 'all_or_none' end as suppression_reason
from told
where has_row
