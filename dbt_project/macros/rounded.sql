{#
    A quotient of counts, or of days with up to two decimals, half rounded up. Null over nothing. As exact as percent():
    in whole hundredths, never by way of a fraction.
#}
{% macro average(part, whole, decimals=1) -%}
    {%- set hundredths = 'cast((' ~ whole ~ ') * cast(100 as bigint) as bigint)' -%}
    case
        when {{ whole }} > 0
            then cast(
                {{ whole_quotient(
                    'cast((' ~ part ~ ') * cast(100 as bigint) as bigint) * ' ~ (2 * 10 ** decimals) ~ ' + ' ~ hundredths,
                    '2 * ' ~ hundredths
                ) }} / {{ 10 ** decimals }} as decimal(8, {{ decimals }})
            )
    end
{%- endmacro %}

{#
    How many percentage points one share of a count lies above another: from the unrounded shares, half rounded up. Null
    over nothing. Two rounded rates subtracted agree with the state in three rows of four: docs/rules.md B.4.
#}
{% macro points_above(part, whole, other_part, other_whole, decimals=1) -%}
    {%- set of_both -%}
        (cast({{ whole }} as bigint) * cast({{ other_whole }} as bigint))
    {%- endset -%}
    {%- set crossed -%}
        (cast({{ part }} as bigint) * cast({{ other_whole }} as bigint)
        - cast({{ other_part }} as bigint) * cast({{ whole }} as bigint))
    {%- endset -%}
    {%- set scale = 100 * 10 ** decimals -%}
    case
        when {{ whole }} > 0 and {{ other_whole }} > 0
            -- lifted by a hundred points above zero, where to round down and to cut off are the same
            then cast(
                ({{ whole_quotient(
                    (2 * scale) ~ ' * ' ~ crossed ~ ' + ' ~ (2 * scale + 1) ~ ' * ' ~ of_both,
                    '2 * ' ~ of_both
                ) }} - {{ scale }}) / {{ 10 ** decimals }} as decimal({{ 4 + decimals }}, {{ decimals }})
            )
    end
{%- endmacro %}
