{# First and last date of a school year spelled 2023-24: July 1 to June 30. #}
{% macro first_date_of(school_year) -%}
    cast(concat(substr({{ school_year }}, 1, 4), '-07-01') as date)
{%- endmacro %}

{% macro last_date_of(school_year) -%}
    cast(concat(cast(cast(substr({{ school_year }}, 1, 4) as integer) + 1 as string), '-06-30') as date)
{%- endmacro %}

{# The school year behind one spelled 2023-24: 2024-25. #}
{% macro next_school_year(school_year) -%}
    (
        cast(cast(substr({{ school_year }}, 1, 4) as integer) + 1 as string) || '-'
        || lpad(cast((cast(substr({{ school_year }}, 1, 4) as integer) + 2) % 100 as string), 2, '0')
    )
{%- endmacro %}
