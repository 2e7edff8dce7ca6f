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

    select *
    from {{ ref('sis_grades') }}
    where system = 'aeries'

)

select
    enrollments.school_year,
    enrollments.sender as lea_code,
    schools.school_code,
    enrollments.local_student_key,
    grades.grade,
    -- Aeries does not say primary or short-term
    cast(null as string) as enrollment_status,
    enrollments.enter_date as first_date,
    {{ last_day_of('enrollments.leave_date', 'leas.leave_date_rule') }} as last_date,
    enrollments.exit_reason_code
from enrollments
inner join schools
    on enrollments.sender = schools.lea_code
    and enrollments.school_number = schools.school_number
inner join leas on enrollments.sender = leas.lea_code
left join grades on cast(enrollments.grade as string) = grades.sis_grade
