{{ config(alias='goal_counts') }}
-- How many goals of a district, its schools' among them, stand how: goals, not students. A goal whose figure is not
-- public is counted as hidden and under no status: where all goals of a kind are off track, each of them is.
select
    goals.school_year,
    substr(goals.cds_code, 1, 7) || '0000000' as cds_code,
    goals.goal_kind,
    max(goals.goal_kind_name) as goal_kind_name,
    cast(count(*) as integer) as goals,
    {% for status, column in [
        ('reached', 'goals_reached'), ('on_track', 'goals_on_track'), ('off_track', 'goals_off_track'),
        ('no_value', 'goals_without_figure')
    ] %}
        cast(count_if(told.is_told and goals.goal_status = '{{ status }}') as integer) as {{ column }},
    {% endfor %}
    cast(count_if(not told.is_told) as integer) as goals_hidden
from {{ ref('goals') }} as goals
inner join {{ ref('int_goals_told') }} as told
    on goals.goal_key = told.goal_key
    and goals.reporting_category = told.reporting_category
    and goals.measure_code = told.measure_code
    and goals.school_year = told.school_year
group by goals.school_year, substr(goals.cds_code, 1, 7) || '0000000', goals.goal_kind
