{#
    What open_data may tell of a part of a group: more than the largest hidden group, and as many beside it; or that
    nobody is in it, of a group that is no small one. Needs a relation `limits` of public_limits() in sight.
    Source: docs/rules.md F.
#}
{% macro shows_part(part, whole) -%}
    (
        (
            {{ part }} > limits.largest_hidden_group
            and {{ whole }} - {{ part }} > limits.largest_hidden_group
        )
        or ({{ part }} = 0 and {{ whole }} >= limits.none_hidden_under)
    )
{%- endmacro %}

{# A CTE `limits`, one row: these rules of seed suppression_thresholds by name, as columns. #}
{% macro public_limits(rules) -%}
limits as (

    select
        {% for rule in rules %}
            max(case when rule = '{{ rule }}' then value end) as {{ rule }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('suppression_thresholds') }}

)
{%- endmacro %}

{# A count, zero or more, that only gives an idea of a size: half rounded up to the step of seed suppression_thresholds. #}
{% macro to_nearest_step(number) -%}
    cast(
        {{ whole_quotient('2 * cast(' ~ number ~ ' as bigint) + limits.rounded_to', '2 * limits.rounded_to') }}
        * limits.rounded_to as integer
    )
{%- endmacro %}

{# Whether a count would be of a small group once it is rounded so. #}
{% macro is_about_small(number) -%}
    ({{ to_nearest_step(number) }} <= limits.largest_hidden_group)
{%- endmacro %}
