{# The rule of chronic absence by one row of attendance_definitions, for days that stand in the columns named. #}
{% macro is_eligible_by(definition, days_expected='totals.days_expected', days_absent='totals.days_absent') -%}
    {{ days_expected }} >= {{ definition }}.minimum_days_expected and {{ days_expected }} > {{ days_absent }}
{%- endmacro %}

{# Multiplied, never divided: exactly ten percent is chronic, whatever a fraction would round to. #}
{% macro reaches_threshold_of(definition, days_expected='totals.days_expected', days_absent='totals.days_absent') -%}
    {{ days_absent }} * 100 >= {{ days_expected }} * {{ definition }}.threshold_percent
{%- endmacro %}
