with

visits as (

    select * from {{ source('interventions', 'home_visits') }}

)

select
    visits.school_year,
    visits.sender as lea_code,
    {{ key_of(['visits.sender', 'visits.visit_id']) }} as visit_key,
    visits.school_code,
    visits.local_student_key,
    visits.visit_date,
    visits.visit_reason,
    reasons.meaning as visit_reason_name,
    visits.visitor_role,
    visitors.meaning as visitor_role_name,
    visits.person_met,
    persons.meaning as person_met_name,
    visits.minutes,
    visits.outcome_code,
    outcomes.meaning as outcome_name,
    visits.language_code,
    languages.language_name,
    visits.updated_at
from visits
left join {{ ref('intake_codes') }} as reasons
    on reasons.code_set = 'visit_reason'
    and visits.visit_reason = reasons.code
left join {{ ref('intake_codes') }} as visitors
    on visitors.code_set = 'staff_role'
    and visits.visitor_role = visitors.code
left join {{ ref('intake_codes') }} as persons
    on persons.code_set = 'person_met'
    and visits.person_met = persons.code
left join {{ ref('intake_codes') }} as outcomes
    on outcomes.code_set = 'visit_outcome'
    and visits.outcome_code = outcomes.code
left join {{ ref('languages') }} as languages on visits.language_code = languages.language_code
