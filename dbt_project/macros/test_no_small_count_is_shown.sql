{#
    No number of students from one to the largest hidden group is shown, and none that leaves so few of `whole` beside it.
    Nobody may be shown, of a group that is no small one. The thresholds stand in their seed alone.
#}
{% test no_small_count_is_shown(model, columns, whole=none) %}
    select shown.*
    from {{ model }} as shown
    cross join (
        select
            max(case when rule = 'largest_hidden_group' then value end) as largest_hidden_group,
            max(case when rule = 'none_hidden_under' then value end) as none_hidden_under
        from {{ ref('suppression_thresholds') }}
    ) as limits
    where
        {% for column in columns %}
        shown.{{ column }} between 1 and limits.largest_hidden_group
        {% if whole %}
        or shown.{{ whole }} - shown.{{ column }} between 1 and limits.largest_hidden_group
        or (shown.{{ column }} = 0 and shown.{{ whole }} < limits.none_hidden_under)
        {% endif %}
        {{ 'or' if not loop.last }}
        {% endfor %}
{% endtest %}
