-- Each two program groups of the county, in both orders: how many are in both, in either alone, in neither; how many of
-- each are chronically absent, and how many are not.
{%- set quadrants = {'both': (1, 1), 'first_only': (1, 0), 'second_only': (0, 1), 'neither': (0, 0)} %}
{%- set measures = ['students', 'chronic', 'other'] %}
with

members as (

    select * from {{ ref('int_program_memberships') }}

),

pairs as (

    select
        {% for quadrant, (first, second) in quadrants.items() %}
            {% for measure in measures %}
                sum(
                    members.{{ measure }}
                    * {{ 'members.is_in' if first else '(1 - members.is_in)' }}
                    * {{ 'seconds.is_in' if second else '(1 - seconds.is_in)' }}
                ) as {{ measure }}_{{ quadrant }},
            {% endfor %}
        {% endfor %}
        members.school_year,
        members.cds_code,
        members.reporting_category,
        max(members.category_name) as category_name,
        seconds.reporting_category as other_category,
        max(seconds.category_name) as other_category_name
    from members
    inner join members as seconds
        on members.school_year = seconds.school_year
        and members.combination = seconds.combination
        and members.reporting_category <> seconds.reporting_category
    group by members.school_year, members.cds_code, members.reporting_category, seconds.reporting_category

)

select
    {% for quadrant in quadrants %}
        {% for measure in measures %}
            cast({{ measure }}_{{ quadrant }} as integer) as {{ measure }}_{{ quadrant }},
        {% endfor %}
    {% endfor %}
    school_year,
    cds_code,
    reporting_category,
    category_name,
    other_category,
    other_category_name,
    -- one group lies within the other, or they share nobody, or one of them is everybody else
    least(students_both, students_first_only, students_second_only, students_neither) = 0 as is_nested
from pairs
