{# What differs between engines stands in this folder and nowhere else: here by name, beside it once for each engine. #}

{# In a select list: one row per date, both ends included. #}
{% macro each_date(first_date, last_date) -%}
    {{ adapter.dispatch('each_date', 'attendance')(first_date, last_date) }}
{%- endmacro %}

{# A date some days away. #}
{% macro days_after(date, days) -%}
    {{ adapter.dispatch('days_after', 'attendance')(date, days) }}
{%- endmacro %}

{# A stable text key of several columns; null columns count as empty. #}
{% macro key_of(columns) -%}
    md5(concat_ws('|', {% for column in columns %}coalesce(cast({{ column }} as string), ''){{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}

{# A text as a date, by the first of some strptime spellings that fits; null where none does. #}
{% macro date_of(text, spellings) -%}
    {{ adapter.dispatch('date_of', 'attendance')(text, spellings) }}
{%- endmacro %}

{# A whole number that equal columns share, and others hardly ever: for counting, never for telling who is who. #}
{% macro number_of(columns) -%}
    {{ adapter.dispatch('number_of', 'attendance')(columns) }}
{%- endmacro %}

{# The whole number of times that one whole number, zero or more, holds another: exactly, not by way of a fraction. #}
{% macro whole_quotient(part, whole) -%}
    {{ adapter.dispatch('whole_quotient', 'attendance')(part, whole) }}
{%- endmacro %}

{# Monday 1 to Sunday 7. #}
{% macro weekday_of(date) -%}
    {{ adapter.dispatch('weekday_of', 'attendance')(date) }}
{%- endmacro %}
