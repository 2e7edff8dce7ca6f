-- Rosters are kept by class: a student of a school has as many rows as classes.
with

enrollments as (

    select * from {{ source('oneroster', 'enrollments') }}

),

orgs as (

    select * from {{ ref('stg_oneroster__orgs') }}

),

users as (

    select * from {{ ref('stg_oneroster__users') }}

)

select
    enrollments.school_year,
    enrollments.sender as lea_code,
    enrollments.enrollment_key,
    orgs.school_code,
    enrollments.class_id,
    enrollments.user_key,
    case when enrollments.role = 'student' then users.student_key end as student_key,
    enrollments.role as user_role,
    enrollments.begin_date as first_date,
    enrollments.end_date
from enrollments
left join orgs
    on enrollments.school_year = orgs.school_year
    and enrollments.sender = orgs.lea_code
    and enrollments.org_id = orgs.org_id
left join users
    on enrollments.school_year = users.school_year
    and enrollments.sender = users.lea_code
    and enrollments.user_key = users.user_key
where enrollments.status is distinct from 'tobedeleted'
