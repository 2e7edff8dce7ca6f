-- Of which goals the standing may be told: where the figure that is held against the goal is in open_data itself, or
-- where there is none for a reason that says nothing of a group. Whoever knows a target and reads "off track" knows
-- on which side of it the figure lies.
with

counts as (

    select * from {{ ref('int_suppressed_counts') }}
    where topic = 'group'

),

severe as (

    -- all bands of a place are told, or none
    select
        school_year,
        entity_level,
        cds_code
    from {{ ref('open_attendance_bands') }}
    where suppression_reason is null
    group by school_year, entity_level, cds_code

),

surveys as (

    -- a figure over several grades, or schools of a district, is told where each of them is
    {% for level, digits in [('school', 14), ('district', 7)] %}
        select
            school_year,
            '{{ level }}' as entity_level,
            rpad(substr(cds_code, 1, {{ digits }}), 14, '0') as cds_code,
            indicator_code,
            bool_or(suppression_reason is not null) as is_hidden
        from {{ ref('open_school_climate') }}
        where entity_level in ('school', '{{ level }}')
        group by school_year, rpad(substr(cds_code, 1, {{ digits }}), 14, '0'), indicator_code
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

figures as (

    select
        school_year,
        entity_level,
        cds_code,
        part as reporting_category,
        'chronic_absence_rate' as measure_code
    from counts
    where not hides_chronic

    {% for measure in ['attendance_rate', 'average_days_absent'] %}
        union all

        -- days of groups are not public
        select
            school_year,
            entity_level,
            cds_code,
            part as reporting_category,
            '{{ measure }}' as measure_code
        from counts
        where part = 'TA' and suppression_reason is null

    {% endfor %}
    union all

    select
        school_year,
        entity_level,
        cds_code,
        'TA' as reporting_category,
        'severe_absence_rate' as measure_code
    from severe

    union all

    select
        school_year,
        entity_level,
        cds_code,
        'TA' as reporting_category,
        indicator_code as measure_code
    from surveys
    where not is_hidden

)

select
    goals.goal_key,
    goals.reporting_category,
    goals.measure_code,
    goals.school_year,
    case
        when goals.last_value is not null then figures.measure_code is not null
        -- no figure of all students is no figure at all; of a group it might be that it has nobody
        else goals.reporting_category = 'TA' or nullif(measures.why_not_computed, '') is not null
    end as is_told
from {{ ref('goals') }} as goals
inner join {{ ref('goal_measures') }} as measures on goals.measure_code = measures.measure_code
left join figures
    on goals.value_school_year = figures.school_year
    and goals.entity_level = figures.entity_level
    and goals.cds_code = figures.cds_code
    and goals.reporting_category = figures.reporting_category
    and goals.measure_code = figures.measure_code
