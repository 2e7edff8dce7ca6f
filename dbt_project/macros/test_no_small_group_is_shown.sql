{# No count of students at or under the largest hidden group is shown; the threshold stands in its seed alone. #}
{% test no_small_group_is_shown(model, columns) %}
    select shown.*
    from {{ model }} as shown
    inner join {{ ref('suppression_thresholds') }} as threshold
        on threshold.rule = 'largest_hidden_group'
    where
        {% for column in columns %}
        shown.{{ column }} <= threshold.value{{ ' or' if not loop.last }}
        {% endfor %}
{% endtest %}
