{#
    The day on which a build looks at what has arrived: ATTENDANCE_AS_OF (YYYY-MM-DD) where it is set, so that a build
    can be repeated; else the given SQL. A day that cannot be read stops the build.
#}
{% macro as_of_date(otherwise) -%}
    {%- set given = env_var('ATTENDANCE_AS_OF', '') | trim -%}
    {%- if not given -%}
        {{ otherwise }}
    {%- elif modules.re.fullmatch('[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])', given) -%}
        cast('{{ given }}' as date)
    {%- else -%}
        {{ exceptions.raise_compiler_error("ATTENDANCE_AS_OF is '" ~ given ~ "': write a day as 2024-03-15, or leave it unset for today.") }}
    {%- endif -%}
{%- endmacro %}

{# Today, by the clock and the time zone of the machine that builds. #}
{% macro today() -%}
    cast('{{ modules.datetime.date.today() }}' as date)
{%- endmacro %}
