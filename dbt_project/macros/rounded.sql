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
    How many percentage points one share of a count lies above another: from the unrounded shares, half rounded away from
    zero, as the state does: 0 of 12 after 3 of 16 is -18.75 and published as -18.8. Null over nothing. Two rounded rates
    subtracted agree with the state in three rows of four: docs/rules.md B.4.
#}
{% macro points_above(part, whole, other_part, other_whole, decimals=1) -%}
    {%- set of_both -%}
        (cast({{ whole }} as bigint) * cast({{ other_whole }} as bigint))
    {%- endset -%}
    {%- set crossed -%}
        (cast({{ part }} as bigint) * cast({{ other_whole }} as bigint)
        - cast({{ other_part }} as bigint) * cast({{ whole }} as bigint))
    {%- endset -%}
    case
        when {{ whole }} > 0 and {{ other_whole }} > 0
            then cast(
                case when {{ crossed }} < 0 then -1 else 1 end
                * {{ whole_quotient(
                    (200 * 10 ** decimals) ~ ' * abs' ~ crossed ~ ' + ' ~ of_both, '2 * ' ~ of_both
                ) }} / {{ 10 ** decimals }} as decimal({{ 4 + decimals }}, {{ decimals }})
            )
    end
{%- endmacro %}
