{#
    Columns that are never null, all of them in one look at the model: a scan per column costs a county minutes. The one
    row that it returns names the columns that failed.
#}
{% test never_null(model, columns) %}
    select
        concat_ws(
            ', ',
            {% for column in columns %}
            case when count({{ column }}) < count(*) then '{{ column }}' end{{ ',' if not loop.last }}
            {% endfor %}
        ) as null_in
    from {{ model }}
    having
        {% for column in columns %}
        count({{ column }}) < count(*){{ ' or' if not loop.last }}
        {% endfor %}
{% endtest %}
