{% macro duckdb__each_date(first_date, last_date) -%}
    cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval 1 day)) as date)
{%- endmacro %}

{% macro duckdb__days_after(date, days) -%}
    cast({{ date }} + interval ({{ days }}) day as date)
{%- endmacro %}

{% macro duckdb__date_of(text, spellings) -%}
    cast(try_strptime({{ text }}, ['{{ spellings | join("', '") }}']) as date)
{%- endmacro %}

{% macro duckdb__number_of(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro duckdb__whole_quotient(part, whole) -%}
    (({{ part }}) // ({{ whole }}))
{%- endmacro %}

{% macro duckdb__weekday_of(date) -%}
    isodow({{ date }})
{%- endmacro %}
