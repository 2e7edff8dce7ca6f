with

stints as (

    select * from {{ ref('stg_infinite_campus__stints') }}

),

grades as (

    select *
    from {{ ref('sis_grades') }}
    where system = 'infinite_campus'

)

select
    stints.school_year,
    stints.lea_code,
    stints.school_code,
    stints.local_student_key,
    grades.grade,
    -- P is primary or short-term: which of them, CALPADS says
    case when stints.service_type = 'S' then '20' end as enrollment_status,
    stints.enter_date as first_date,
    stints.leave_date as last_date,
    stints.exit_reason_code
from stints
left join grades on upper(stints.grade) = grades.sis_grade
