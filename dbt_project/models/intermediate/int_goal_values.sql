-- What the warehouse knows of the measures in which goals are set: by entity, student group and year.
with

absence as (

    select * from {{ ref('chronic_absence') }}
    where submission_status = 'submitted'

),

answers as (

    select
        climate.school_year,
        climate.indicator_code,
        climate.entity_level,
        climate.cds_code,
        1 as priority,
        climate.respondents,
        climate.value_percent
    from {{ ref('school_climate') }} as climate
    where climate.respondent_group = 'all'

    union all

    -- a district without results of its own has those of its schools
    select
        climate.school_year,
        climate.indicator_code,
        'district' as entity_level,
        substr(climate.cds_code, 1, 7) || '0000000' as cds_code,
        2 as priority,
        climate.respondents,
        climate.value_percent
    from {{ ref('school_climate') }} as climate
    where
        climate.respondent_group = 'all'
        and climate.entity_level = 'school'

),

surveyed as (

    select
        *,
        min(priority) over (partition by school_year, indicator_code, entity_level, cds_code) as best_priority
    from answers

),

answered as (

    -- over the grades, weighted by those who answered
    select
        school_year,
        entity_level,
        cds_code,
        indicator_code,
        sum(value_percent * respondents) as percent_respondents,
        sum(respondents) as respondents
    from surveyed
    where priority = best_priority
    group by school_year, entity_level, cds_code, indicator_code

),

measured as (

    {% for measure, value in [
        ('chronic_absence_rate', 'chronic_rate'),
        ('severe_absence_rate', 'severe_rate'),
        ('attendance_rate', 'attendance_rate'),
        ('average_days_absent', average('(days_expected - days_attended)', 'eligible_enrollment', decimals=2)),
    ] %}
        select
            school_year,
            entity_level,
            cds_code,
            reporting_category,
            '{{ measure }}' as measure_code,
            cast({{ value }} as decimal(8, 2)) as measured_value,
            eligible_enrollment as students
        from absence

        union all

    {% endfor %}
    -- a survey names no groups: it is of all
    select
        school_year,
        entity_level,
        cds_code,
        'TA' as reporting_category,
        indicator_code as measure_code,
        cast({{ average('percent_respondents', 'respondents', decimals=2) }} as decimal(8, 2)) as measured_value,
        respondents as students
    from answered

)

select
    measured.school_year,
    measured.entity_level,
    measured.cds_code,
    measured.reporting_category,
    measured.measure_code,
    measured.measured_value,
    cast(measured.students as integer) as students
from measured
inner join {{ ref('goal_measures') }} as measures on measured.measure_code = measures.measure_code
