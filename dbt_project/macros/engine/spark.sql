{% macro spark__each_date(first_date, last_date) -%}
    explode(sequence({{ first_date }}, {{ last_date }}, interval 1 day))
{%- endmacro %}

{% macro spark__days_after(date, days) -%}
    date_add({{ date }}, {{ days }})
{%- endmacro %}

{# Java's letters for those of strptime; one letter takes one digit or two. #}
{% macro spark__date_of(text, spellings) -%}
    {%- set letters = {'%Y': 'yyyy', '%m': 'M', '%d': 'd', '%H': 'H', '%M': 'm', '%S': 's'} -%}
    coalesce(
    {%- for spelling in spellings -%}
        {%- set found = namespace(spelling=spelling) -%}
        {%- for ours, theirs in letters.items() -%}
            {%- set found.spelling = found.spelling | replace(ours, theirs) -%}
        {%- endfor -%}
        cast(try_to_timestamp({{ text }}, '{{ found.spelling }}') as date){{ ', ' if not loop.last }}
    {%- endfor -%}
    )
{%- endmacro %}

{% macro spark__number_of(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}

{#
    Before a build, once: an empty warehouse, and the lake where it lies, as one external table per source.

    A schema that this project did not make is left alone and stops the build: the metastore may be shared.
#}
{% macro begin_building() %}
    {%- set made_here = 'made by the attendance warehouse' -%}
    {%- set schemas = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed'] -%}
        {%- do schemas.append(node.schema) if node.schema not in schemas -%}
    {%- endfor -%}
    {%- for source in graph.sources.values() -%}
        {%- do schemas.append(source.schema) if source.schema not in schemas -%}
    {%- endfor -%}
    {%- set known = run_query('show schemas').columns[0].values() -%}
    {%- for schema in schemas if schema in known -%}
        {%- set told = run_query('describe schema ' ~ schema).columns[1].values() -%}
        {%- if made_here not in told -%}
            {{ exceptions.raise_compiler_error("Spark already has a schema " ~ schema ~ " that is not ours, and a build would empty it. Give the warehouse a metastore of its own, or drop that schema.") }}
        {%- endif -%}
    {%- endfor -%}
    {%- for schema in schemas -%}
        {%- do run_query('drop schema if exists ' ~ schema ~ ' cascade') -%}
        {%- do run_query('create schema ' ~ schema ~ " comment '" ~ made_here ~ "'") -%}
    {%- endfor -%}
    {%- for source in graph.sources.values() -%}
        {%- do run_query(
            'create table ' ~ source.schema ~ '.' ~ source.name ~ " using parquet options ("
            ~ "path '" ~ env_var('ATTENDANCE_LAKE') ~ '/' ~ source.schema ~ '/' ~ source.name ~ "', "
            ~ "recursiveFileLookup 'true', mergeSchema 'true')"
        ) -%}
    {%- endfor -%}
{% endmacro %}

{% macro spark__whole_quotient(part, whole) -%}
    (({{ part }}) div ({{ whole }}))
{%- endmacro %}

{% macro spark__weekday_of(date) -%}
    weekday({{ date }}) + 1
{%- endmacro %}
