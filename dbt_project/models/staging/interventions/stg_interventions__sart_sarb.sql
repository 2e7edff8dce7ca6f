with

cases as (

    select * from {{ source('interventions', 'sart_sarb') }}

)

select
    cases.school_year,
    cases.sender as lea_code,
    {{ key_of(['cases.sender', 'cases.case_id']) }} as case_key,
    cases.school_code,
    cases.local_student_key,
    cases.board,
    boards.meaning as board_name,
    cases.referral_date,
    cases.referral_reason,
    reasons.meaning as referral_reason_name,
    cases.meeting_date,
    cases.contract_date,
    cases.hearing_date,
    cases.family_attended = 'Y' as family_attended,
    cases.case_status,
    cases.outcome_code,
    outcomes.meaning as outcome_name,
    cases.outcome_date,
    cases.updated_at
from cases
left join {{ ref('intake_codes') }} as boards
    on boards.code_set = 'board'
    and cases.board = boards.code
left join {{ ref('intake_codes') }} as reasons
    on reasons.code_set = 'referral_reason'
    and cases.referral_reason = reasons.code
left join {{ ref('intake_codes') }} as outcomes
    on outcomes.code_set = 'case_outcome'
    and cases.outcome_code = outcomes.code
