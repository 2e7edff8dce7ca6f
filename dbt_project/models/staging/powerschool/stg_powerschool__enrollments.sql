with

stints as (

    select * from {{ ref('stg_powerschool__stints') }}

),

grades as (

    select *
    from {{ ref('sis_grades') }}
    where system = 'powerschool'

)

select
    stints.school_year,
    stints.lea_code,
    stints.school_code,
    stints.local_student_key,
    grades.grade,
    -- the enrollment type says primary or short-term only where a district keeps CALPADS's codes there
    statuses.enrollment_status,
    stints.enter_date as first_date,
    -- the exit date is the first day on which the student is no longer expected
    {{ days_after('stints.leave_date', -1) }} as last_date,
    stints.exit_reason_code
from stints
left join grades on cast(stints.grade as string) = grades.sis_grade
left join {{ ref('enrollment_statuses') }} as statuses on stints.enrollment_type = statuses.enrollment_status
