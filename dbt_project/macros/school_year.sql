{# First and last date of a school year spelled 2023-24: July 1 to June 30. #}
{% macro first_date_of(school_year) -%}
    cast(concat(substr({{ school_year }}, 1, 4), '-07-01') as date)
{%- endmacro %}

{% macro last_date_of(school_year) -%}
    cast(concat(cast(cast(substr({{ school_year }}, 1, 4) as integer) + 1 as string), '-06-30') as date)
{%- endmacro %}

{# The school year before, spelled alike: 2022-23 before 2023-24. #}
{% macro year_before(school_year) -%}
    (cast(cast(substr({{ school_year }}, 1, 4) as integer) - 1 as string) || '-' || substr({{ school_year }}, 3, 2))
{%- endmacro %}

{#
    Whether a rule with a first and a last school year, blank while it holds, holds in one. dbt gives a seed's blank to a
    unit test as an empty text, to a model as null.
#}
{% macro holds_in(rule, school_year) -%}
    {{ school_year }} >= {{ rule }}.from_school_year
    and {{ school_year }} <= coalesce(nullif({{ rule }}.through_school_year, ''), {{ school_year }})
{%- endmacro %}

{# First and last day of a period of the lake: a school year spelled 2023-24, or a month spelled 2023-10. #}
{% macro period_start(period) -%}
    case
        when cast(substr({{ period }}, 6, 2) as integer) > 12 then {{ first_date_of(period) }}
        else cast({{ period }} || '-01' as date)
    end
{%- endmacro %}

{% macro period_end(period) -%}
    case
        when cast(substr({{ period }}, 6, 2) as integer) > 12 then {{ last_date_of(period) }}
        else last_day(cast({{ period }} || '-01' as date))
    end
{%- endmacro %}

{# Month of the school year in which a date lies: 1 is July, 12 is June. #}
{% macro school_month_of(date) -%}
    cast((month({{ date }}) + 5) % 12 + 1 as integer)
{%- endmacro %}
