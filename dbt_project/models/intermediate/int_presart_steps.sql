-- What should stand before a review: of each case each step, and whether it is documented by the day of the referral.
with

cases as (

    select * from {{ ref('int_attendance_cases') }}

),

steps as (

    select * from {{ ref('presart_steps') }}

),

evidence as (

    select
        lea_code,
        school_year,
        local_student_key,
        'letter' as evidence,
        letter_type as code,
        letter_number,
        min(sent_date) as first_date
    from {{ ref('stg_interventions__letters') }}
    group by lea_code, school_year, local_student_key, letter_type, letter_number

    union all

    select
        lea_code,
        school_year,
        local_student_key,
        'home_visit' as evidence,
        cast(null as string) as code,
        cast(null as integer) as letter_number,
        min(visit_date) as first_date
    from {{ ref('stg_interventions__home_visits') }}
    group by lea_code, school_year, local_student_key

    union all

    select
        lea_code,
        school_year,
        local_student_key,
        'log' as evidence,
        type_code as code,
        cast(null as integer) as letter_number,
        min(start_date) as first_date
    from {{ ref('int_interventions') }}
    group by lea_code, school_year, local_student_key, type_code

)

select
    cases.case_key,
    steps.step,
    min(steps.step_name) as step_name,
    min(evidence.first_date) as documented_on,
    min(evidence.first_date) is not null as is_documented
from cases
cross join steps
left join evidence
    on cases.lea_code = evidence.lea_code
    and cases.school_year = evidence.school_year
    and cases.local_student_key = evidence.local_student_key
    and steps.evidence = evidence.evidence
    and coalesce(steps.code, '') = coalesce(evidence.code, '')
    and coalesce(steps.letter_number, 0) = coalesce(evidence.letter_number, 0)
    and cases.referral_date >= evidence.first_date
group by cases.case_key, steps.step
