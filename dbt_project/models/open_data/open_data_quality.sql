{{ config(alias='data_quality') }}
-- How far the attendance of schools, districts and the county can be trusted: of days, marks and calendars. What is
-- wrong with summaries is counted in students and left out, of the score too, out of which it could be worked. A mark
-- is one student's day, so a few marks are not told.
with

{{ public_limits(['largest_hidden_group']) }},

county as (

    select county_code || '000000000000' as cds_code
    from {{ ref('stg_registry__county') }}

),

schools as (

    select
        quality.*,
        quality.cds_code as school_cds_code,
        places.district_cds_code,
        county.cds_code as county_cds_code
    from {{ ref('data_quality_year') }} as quality
    inner join {{ ref('dim_entities') }} as places
        on quality.cds_code = places.cds_code
        and places.entity_level = 'school'
    cross join county

),

summed as (

    {% for level, place in [
        ('school', 'school_cds_code'), ('district', 'district_cds_code'), ('county', 'county_cds_code')
    ] %}
        select
            schools.school_year,
            '{{ level }}' as entity_level,
            schools.{{ place }} as cds_code,
            {% if level == 'school' %}
                max(schools.attendance_source) as attendance_source,
            {% else %}
                cast(null as string) as attendance_source,
            {% endif %}
            count(*) as schools,
            count(schools.score_of_days) as schools_judged,
            count_if(coalesce(schools.is_usual_calendar, false)) as schools_with_usual_calendar,
            sum(schools.school_days_so_far) as school_days_so_far,
            sum(schools.days_not_submitted) as days_not_submitted,
            sum(schools.days_without_a_row) as days_without_a_row,
            sum(schools.days_impossible) as days_impossible,
            sum(schools.weeks_corrected_late) as weeks_corrected_late,
            sum(schools.marks_unmapped) as marks_unmapped,
            -- where a place has few unmapped marks, what is told of the one above it must not say how many
            bool_or(schools.marks_unmapped between 1 and limits.largest_hidden_group) as has_few_unmapped,
            sum(schools.score_of_days) as score_of_days
        from schools
        cross join limits
        group by schools.school_year, schools.{{ place }}
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
)

select
    school_year,
    entity_level,
    cds_code,
    attendance_source,
    cast(schools as integer) as schools,
    cast(schools_judged as integer) as schools_judged,
    cast(schools_with_usual_calendar as integer) as schools_with_usual_calendar,
    cast(school_days_so_far as integer) as school_days_so_far,
    cast(days_not_submitted as integer) as days_not_submitted,
    cast(days_without_a_row as integer) as days_without_a_row,
    cast(days_impossible as integer) as days_impossible,
    cast(weeks_corrected_late as integer) as weeks_corrected_late,
    cast(case when not coalesce(has_few_unmapped, false) then marks_unmapped end as integer) as marks_unmapped,
    {{ percent('school_days_so_far - days_not_submitted', 'school_days_so_far') }} as percent_submitted,
    cast({{ average('score_of_days', 'schools_judged') }} as decimal(5, 1)) as score,
    case when has_few_unmapped then 'small_group' end as suppression_reason
from summed
