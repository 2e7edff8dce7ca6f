-- The student groups of each intervention's student, as the county's records of the year have them: the same whether
-- the county, the district or the school looks. Everybody is in TA, those too who are in no roster.
with

interventions as (

    select
        intervention_key,
        school_year,
        student_key
    from {{ ref('int_intervention_students') }}

),

described as (

    select
        interventions.intervention_key,
        interventions.school_year,
        interventions.student_key,
        'TA' as all_students,
        traits.race_category,
        traits.gender_category,
        grades.grade_span,
        case when grades.is_tk8 then 'GRTK8' end as through_grade_eight
    from interventions
    left join {{ ref('int_student_traits') }} as traits
        on interventions.school_year = traits.school_year
        and interventions.student_key = traits.student_key
        and traits.entity_level = 'county'
    left join {{ ref('grades') }} as grades on traits.grade = grades.grade

)

{% for group in ['all_students', 'race_category', 'gender_category', 'grade_span', 'through_grade_eight'] %}
    select
        intervention_key,
        {{ group }} as reporting_category
    from described
    where {{ group }} is not null

    union all

{% endfor %}
select
    described.intervention_key,
    programs.reporting_category
from described
inner join {{ ref('int_student_programs') }} as programs
    on described.school_year = programs.school_year
    and described.student_key = programs.student_key
where programs.entity_level = 'county'
