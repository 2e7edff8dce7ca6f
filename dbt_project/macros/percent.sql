{#
    Percent with one decimal, half rounded up, from whole counts, exactly: the state's rounding. Null over nothing.
    Source: California School Dashboard files, checked in docs/rules.md B.4.
#}
{% macro percent(part, whole) -%}
    case
        when {{ whole }} > 0
            then cast(floor((2000 * cast({{ part }} as decimal(18, 2)) + {{ whole }}) / (2 * {{ whole }})) / 10 as decimal(5, 1))
    end
{%- endmacro %}
