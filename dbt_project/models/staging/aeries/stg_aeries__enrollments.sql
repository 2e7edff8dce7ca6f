with

enrollments as (

    select * from {{ source('aeries', 'enrollments') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

),

leas as (

    select * from {{ ref('stg_registry__leas') }}

),

grades as (

    select * from {{ ref('grades') }}

)

select
    enrollments.school_year,
    enrollments.sender as lea_code,
    schools.school_code,
    enrollments.local_student_key,
    grades.grade,
    enrollments.enter_date as first_date,
    -- whether the leave date is the last day expected differs by district; the registry says which
    case
        when leas.leave_date_rule = 'day_after' then {{ days_after('enrollments.leave_date', -1) }}
        else enrollments.leave_date
    end as last_date,
    enrollments.exit_reason_code
from enrollments
inner join schools
    on enrollments.sender = schools.lea_code
    and enrollments.school_number = schools.school_number
inner join leas on enrollments.sender = leas.lea_code
left join grades on enrollments.grade = grades.aeries_grade
