{# What differs between engines stands in this folder and nowhere else. #}

{# In a select list: one row per date, both ends included. #}
{% macro each_date(first_date, last_date) -%}
    cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval 1 day)) as date)
{%- endmacro %}

{# A date some days away. #}
{% macro days_after(date, days) -%}
    cast({{ date }} + interval ({{ days }}) day as date)
{%- endmacro %}

{# A stable text key of several columns; null columns count as empty. #}
{% macro key_of(columns) -%}
    md5(concat_ws('|', {% for column in columns %}coalesce(cast({{ column }} as varchar), ''){{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}

{# A text as a date, by the first of some strptime spellings that fits; null where none does. #}
{% macro date_of(text, spellings) -%}
    cast(try_strptime({{ text }}, ['{{ spellings | join("', '") }}']) as date)
{%- endmacro %}

{# A whole number that equal columns share, and others hardly ever: for counting, never for telling who is who. #}
{% macro number_of(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}
