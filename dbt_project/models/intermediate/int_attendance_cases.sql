-- Cases before an attendance review team or board, with the county's student, the day from which they are followed, and
-- the day as of which they are judged: the as-of day, in a finished year its last school day.
with

cases as (

    select * from {{ ref('stg_interventions__sart_sarb') }}

),

judged as (

    select
        cases.*,
        students.student_key,
        least(as_of.as_of_date, coalesce(school_days.last_school_day, as_of.as_of_date)) as judged_on,
        -- the last of them; a hearing may be told before it is held
        greatest(
            coalesce(cases.meeting_date, cases.referral_date),
            coalesce(cases.contract_date, cases.referral_date),
            coalesce(cases.hearing_date, cases.referral_date)
        ) as last_step_date
    from cases
    cross join {{ ref('int_as_of') }} as as_of
    left join {{ ref('int_student_keys') }} as students
        on cases.lea_code = students.lea_code
        and cases.school_year = students.school_year
        and cases.local_student_key = students.local_student_key
    left join {{ ref('int_submission_days') }} as school_days
        on cases.school_year = school_days.school_year
        and cases.lea_code = school_days.lea_code
        and cases.school_code = school_days.school_code

)

select
    case_key,
    school_year,
    lea_code,
    school_code,
    local_student_key,
    student_key,
    board,
    board_name,
    referral_date,
    case
        when
            coalesce(meeting_date, contract_date, hearing_date) is not null
            and last_step_date <= judged_on
            then last_step_date
    end as followed_from,
    case when hearing_date > judged_on then hearing_date end as hearing_ahead,
    case_status,
    outcome_code,
    case when case_status = 'closed' then outcome_date end as closed_on,
    judged_on
from judged
