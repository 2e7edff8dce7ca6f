{#
    Percent, half rounded up, of counts or of days with up to two decimals: the state's rounding. Null over nothing.
    Exactly, and the same in every engine: in whole hundredths, and divided only where nothing is left over.
    Source: California School Dashboard files, checked in docs/rules.md B.4.
#}
{% macro percent(part, whole, decimals=1) -%}
    {%- set hundredths = 'cast((' ~ whole ~ ') * cast(100 as bigint) as bigint)' -%}
    {%- set doubled -%}
        (cast(({{ part }}) * cast(100 as bigint) as bigint) * {{ 200 * 10 ** decimals }} + {{ hundredths }})
    {%- endset -%}
    case
        when {{ whole }} > 0
            then cast(
                ({{ doubled }} - {{ doubled }} % (2 * {{ hundredths }})) / (2 * {{ hundredths }}) / {{ 10 ** decimals }}
                as decimal({{ 4 + decimals }}, {{ decimals }})
            )
    end
{%- endmacro %}
