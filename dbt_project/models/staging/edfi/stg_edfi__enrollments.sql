with

enrollments as (

    select * from {{ source('edfi', 'enrollments') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

),

leas as (

    select * from {{ ref('stg_registry__leas') }}

),

grades as (

    select *
    from {{ ref('sis_grades') }}
    where system = 'edfi'

)

select
    enrollments.school_year,
    enrollments.sender as lea_code,
    schools.school_code,
    enrollments.local_student_key,
    grades.grade,
    -- a school that is not the student's main one has no say in attendance; else CALPADS tells primary or short-term
    case when enrollments.is_primary = 'false' then '20' end as enrollment_status,
    enrollments.enter_date as first_date,
    {{ last_day_of('enrollments.leave_date', 'leas.leave_date_rule') }} as last_date,
    upper({{ descriptor('enrollments.exit_reason_code') }}) as exit_reason_code
from enrollments
inner join schools
    on enrollments.sender = schools.lea_code
    and enrollments.school_number = schools.school_number
inner join leas on enrollments.sender = leas.lea_code
left join grades on upper({{ descriptor('enrollments.grade') }}) = grades.sis_grade
