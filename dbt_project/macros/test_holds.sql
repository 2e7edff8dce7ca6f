{# A condition that holds on every row; a null answer is a failure too. #}
{% test holds(model, that) %}
    select *
    from {{ model }}
    where not coalesce({{ that }}, false)
{% endtest %}
