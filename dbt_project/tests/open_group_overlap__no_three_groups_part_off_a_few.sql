-- Of three program groups that part off a few students, one pair is neither told nor known by definition.
{%- set sides = [('first', 'second'), ('first', 'third'), ('second', 'third')] %}
with

pairs as (

    select
        shown.school_year,
        shown.reporting_category,
        shown.other_category,
        shown.eligible_enrollment is not null as is_known,
        shown.chronic_count is not null as is_chronic_known
    from {{ ref('open_group_overlap') }} as shown

    union all

    -- known by definition
    select
        pairs.school_year,
        pairs.reporting_category,
        pairs.other_category,
        true as is_known,
        true as is_chronic_known
    from {{ ref('int_program_pairs') }} as pairs
    inner join {{ ref('program_group_nestings') }} as nestings
        on (pairs.reporting_category = nestings.reporting_category and pairs.other_category = nestings.lies_within)
        or (pairs.other_category = nestings.reporting_category and pairs.reporting_category = nestings.lies_within)

)

select threes.*
from {{ ref('int_program_threes') }} as threes
{% for one, other in sides %}
    inner join pairs as side_{{ loop.index }}
        on threes.school_year = side_{{ loop.index }}.school_year
        and threes.{{ one }}_category = side_{{ loop.index }}.reporting_category
        and threes.{{ other }}_category = side_{{ loop.index }}.other_category
{% endfor %}
where
    (threes.is_tight_of_students and side_1.is_known and side_2.is_known and side_3.is_known)
    or (
        (threes.is_tight_of_chronic or threes.is_tight_of_other)
        and side_1.is_chronic_known
        and side_2.is_chronic_known
        and side_3.is_chronic_known
    )
