-- The rate as it stood at the end of each month, so that this November can be set beside the last one. A month is
-- judged on the days expected so far; who has been expected on too few of them is not counted yet.
{% set months = range(1, 13) %}
{% set measures = [] %}
{% set columns = {
    'eligible_enrollment': 'eligible', 'chronic_count': 'chronic', 'days_expected': 'expected', 'days_absent': 'absent'
} %}
{% for month in months %}
    {% for measure in columns.values() %}{% set added = measures.append(measure ~ '_' ~ month) %}{% endfor %}
{% endfor %}
with

definition as (

    select * from {{ ref('attendance_definitions') }}
    where definition = 'to_date'

),

students as (

    select
        {% for month in months %}
            {% set expected, absent = 'to_date.days_expected_' ~ month, 'to_date.days_absent_' ~ month %}
            {% set is_eligible = is_eligible_by('definition', expected, absent) %}
            case when {{ is_eligible }} then 1 else 0 end as eligible_{{ month }},
            case when {{ is_eligible }} and {{ reaches_threshold_of('definition', expected, absent) }} then 1 else 0 end
                as chronic_{{ month }},
            case when {{ is_eligible }} then {{ expected }} else 0 end as expected_{{ month }},
            case when {{ is_eligible }} then {{ absent }} else 0 end as absent_{{ month }},
        {% endfor %}
        to_date.school_year,
        to_date.entity_level,
        to_date.cds_code,
        to_date.student_key,
        traits.race_category,
        traits.gender_category,
        traits.grade,
        traits.charter_category,
        traits.dass_category,
        traits.school_type_category
    from {{ ref('int_students_to_date') }} as to_date
    inner join {{ ref('int_student_traits') }} as traits
        on to_date.school_year = traits.school_year
        and to_date.entity_level = traits.entity_level
        and to_date.cds_code = traits.cds_code
        and to_date.student_key = traits.student_key
    cross join definition

),

{{ in_every_group(keys=[], measures=measures) }},

summed as (

    select
        {% for measure in measures %}
            sum({{ measure }}) as {{ measure }},
        {% endfor %}
        school_year,
        entity_level,
        cds_code,
        reporting_category
    from grouped
    group by school_year, entity_level, cds_code, reporting_category

),

every_month as (

    {% for month in months %}
        select {{ month }} as school_month{{ '\n\n        union all\n' if not loop.last }}
    {% endfor %}

),

by_month as (

    -- one pass for all months, wherever the sums are worked out
    select
        {% for column, measure in columns.items() %}
            case every_month.school_month
                {% for month in months %}
                    when {{ month }} then summed.{{ measure }}_{{ month }}
                {% endfor %}
            end as {{ column }},
        {% endfor %}
        summed.school_year,
        summed.entity_level,
        summed.cds_code,
        summed.reporting_category,
        every_month.school_month
    from summed
    cross join every_month

),

monthly as (

    select * from by_month
    where eligible_enrollment > 0

),

known as (

    -- an entity's month is known as far as its schools have submitted it
    select
        months.school_year,
        entities.entity_level,
        entities.cds_code,
        months.school_month,
        max(months.as_of_date) as as_of_date,
        sum(months.days_in_month) as days_in_month,
        sum(months.days_submitted) as days_submitted
    from {{ ref('int_school_months') }} as months
    inner join {{ ref('int_school_entities') }} as entities
        on months.lea_code = entities.lea_code
        and months.school_code = entities.school_code
    group by months.school_year, entities.entity_level, entities.cds_code, months.school_month

)

select
    monthly.school_year,
    monthly.entity_level,
    monthly.cds_code,
    {{ codes_of('monthly.entity_level', 'monthly.cds_code') }},
    monthly.school_month,
    monthly.reporting_category,
    known.as_of_date,
    known.days_submitted = known.days_in_month as is_complete,
    cast(monthly.eligible_enrollment as integer) as eligible_enrollment,
    cast(monthly.chronic_count as integer) as chronic_count,
    {{ percent('monthly.chronic_count', 'monthly.eligible_enrollment') }} as chronic_rate,
    cast(monthly.days_expected as bigint) as days_expected,
    cast(monthly.days_absent as bigint) as days_absent,
    {{ percent('monthly.days_expected - monthly.days_absent', 'monthly.days_expected', decimals=2) }} as attendance_rate
from monthly
inner join known
    on monthly.school_year = known.school_year
    and monthly.entity_level = known.entity_level
    and monthly.cds_code = known.cds_code
    and monthly.school_month = known.school_month
-- months without a submitted school day, as a summer's or those still to come, stand where the one before stood
where known.days_submitted > 0
