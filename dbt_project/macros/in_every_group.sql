{#
    CTEs that count students in every reporting category that is theirs; the last, `grouped`, has one row per entity,
    reporting_category, keys and what else the students differ by, with the measures yet to be added up.

    Asks for a CTE `students` before it: school_year, entity_level, cds_code, student_key, all columns of int_student_traits
    that are groups, the keys and the measures.

    keys: columns beside entity and category by which the model groups
    measures: columns to add up
#}
{% macro in_every_group(keys, measures) -%}
{%- set place = ['school_year', 'entity_level', 'cds_code'] -%}
{%- set traits = ['race_category', 'gender_category', 'charter_category', 'dass_category', 'school_type_category'] -%}
{%- set grouping_traits = ['all_students', 'grade_span', 'through_grade_eight'] + traits -%}
{%- set alike = place + traits + ['grade'] -%}
{%- for key in keys if key not in alike -%}{%- do alike.append(key) -%}{%- endfor -%}
described as (

    -- Students who share all traits are counted once, and their count goes into each of their groups: a row per student
    -- and group would be tens of millions.
    select
        {{ alike | join(',\n        ') }},
        {% for measure in measures %}
            sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from students
    group by
        {{ alike | join(',\n        ') }}

),

graded as (

    select
        described.*,
        'TA' as all_students,
        grades.grade_span,
        case when grades.is_tk8 then 'GRTK8' end as through_grade_eight
    from described
    left join {{ ref('grades') }} as grades on described.grade = grades.grade

),

traits as (

    {% for trait in grouping_traits %}
        select '{{ trait }}' as trait{{ '\n\n        union all\n' if not loop.last }}
    {% endfor %}

),

by_trait as (

    -- One pass for all traits: an engine that works a CTE out wherever it is read would count anew for each of them.
    select
        {% for column in place + keys + measures %}
            graded.{{ column }},
        {% endfor %}
        case traits.trait
            {% for trait in grouping_traits %}
                when '{{ trait }}' then graded.{{ trait }}
            {% endfor %}
        end as reporting_category
    from graded
    cross join traits

),

grouped as (

    select
        {{ (place + keys + measures) | join(',\n        ') }},
        reporting_category
    from by_trait
    where reporting_category is not null

    union all

    select
        students.{{ (place + keys + measures) | join(',\n        students.') }},
        programs.reporting_category
    from students
    inner join {{ ref('int_student_programs') }} as programs
        on students.school_year = programs.school_year
        and students.entity_level = programs.entity_level
        and students.cds_code = programs.cds_code
        and students.student_key = programs.student_key

)
{%- endmacro %}
