-- Each three program groups of the county once. They part the students in eight; whoever knows the three groups and how
-- many each two share lacks one number. It is free between the least of the four that grow with it and the least of the
-- four that shrink. Tight is what is free within too few, where a small group hangs on it.
{%- set odd = [(1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1)] %}
{%- set even = [(1, 1, 0), (1, 0, 1), (0, 1, 1), (0, 0, 0)] %}
{%- set measures = ['students', 'chronic', 'other'] %}
with

{{ public_limits(['largest_hidden_group', 'narrowest_bounds']) }},

members as (

    select * from {{ ref('int_program_memberships') }}

),

threes as (

    select
        {% for cell in odd + even %}
            {% for measure in measures %}
                sum(
                    members.{{ measure }}
                    {% for name in ['members', 'seconds', 'thirds'] %}
                        * {{ name ~ '.is_in' if cell[loop.index0] else '(1 - ' ~ name ~ '.is_in)' }}
                    {% endfor %}
                ) as {{ measure }}_{{ cell | join }},
            {% endfor %}
        {% endfor %}
        members.school_year,
        members.reporting_category as first_category,
        seconds.reporting_category as second_category,
        thirds.reporting_category as third_category
    from members
    inner join members as seconds
        on members.school_year = seconds.school_year
        and members.combination = seconds.combination
        and members.reporting_category < seconds.reporting_category
    inner join members as thirds
        on members.school_year = thirds.school_year
        and members.combination = thirds.combination
        and seconds.reporting_category < thirds.reporting_category
    group by
        members.school_year, members.reporting_category, seconds.reporting_category, thirds.reporting_category

)

select
    {% for measure in measures %}
        least(
            {% for cell in odd %}
                threes.{{ measure }}_{{ cell | join }}{{ ',' if not loop.last }}
            {% endfor %}
        ) + least(
            {% for cell in even %}
                threes.{{ measure }}_{{ cell | join }}{{ ',' if not loop.last }}
            {% endfor %}
        ) < limits.narrowest_bounds
        and (
            {% for cell in odd + even %}
                threes.{{ measure }}_{{ cell | join }} between 1 and limits.largest_hidden_group
                {{ 'or' if not loop.last }}
            {% endfor %}
        ) as is_tight_of_{{ measure }},
    {% endfor %}
    threes.school_year,
    threes.first_category,
    threes.second_category,
    threes.third_category
from threes
cross join limits
