with

surveys as (

    select * from {{ source('panorama', 'surveys') }}

)

select
    surveys.school_year,
    surveys.sender as lea_code,
    case when surveys.school_code is null then 'district' else 'school' end as entity_level,
    surveys.school_code,
    surveys.survey_window,
    surveys.respondent_population,
    populations.meaning as respondent_population_name,
    surveys.grade,
    surveys.respondent_group as reporting_category,
    surveys.topic_code,
    topics.topic_name,
    surveys.n_respondents as respondents,
    surveys.n_invited as invited,
    surveys.percent_favorable,
    surveys.instrument_version
from surveys
left join {{ ref('intake_codes') }} as populations
    on populations.code_set = 'respondent_population'
    and surveys.respondent_population = populations.code
left join {{ ref('survey_topics') }} as topics on surveys.topic_code = topics.topic_code
where surveys.is_suppressed is distinct from 'Y'
