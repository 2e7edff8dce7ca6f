{#
    The student information systems that send attendance, each with a folder models/staging/<system> that holds the five
    models of docs/adding-a-system.md. In the order of the registry's KINDS["sis"], which decides last where an LEA's
    year has two systems: models/intermediate/int_sis_years.sql.
#}
{% macro sis_systems() -%}
    {{ return(['aeries', 'powerschool', 'infinite_campus', 'synergy', 'edfi']) }}
{%- endmacro %}

{# The same columns of the same staging model of every system, one below the other. #}
{% macro union_of_sis(file, columns) -%}
    {% for system in sis_systems() %}
        select
            '{{ system }}' as system,
            {{ columns | join(',\n            ') }}
        from {{ ref('stg_' ~ system ~ '__' ~ file) }}
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
{%- endmacro %}

{# As union_of_sis, but only the system that counts for the LEA and year. #}
{% macro counted_sis(file, columns) -%}
    {% for system in sis_systems() %}
        select
            staged.{{ columns | join(',\n            staged.') }}
        from {{ ref('stg_' ~ system ~ '__' ~ file) }} as staged
        inner join {{ ref('int_sis_years') }} as years
            on staged.lea_code = years.lea_code
            and staged.school_year = years.school_year
        where years.system = '{{ system }}'
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
{%- endmacro %}

{# The last day expected, where the registry says what the LEA's SIS means by a leave date. #}
{% macro last_day_of(leave_date, leave_date_rule) -%}
    case
        when {{ leave_date_rule }} = 'day_after' then {{ days_after(leave_date, -1) }}
        else {{ leave_date }}
    end
{%- endmacro %}

{# The last part of an Ed-Fi descriptor, "Excused Absence", with or without the address before it; in lower case. #}
{% macro descriptor(column) -%}
    lower(trim(case when {{ column }} like '%#%' then split_part({{ column }}, '#', 2) else {{ column }} end))
{%- endmacro %}
