-- Enrollments that count for attendance, from the SIS where the LEA's SIS is connected, else from CALPADS.
with

sis_enrollments as (

    select
        enrollments.school_year,
        enrollments.lea_code,
        enrollments.school_code,
        students.student_key,
        enrollments.grade,
        enrollments.first_date,
        enrollments.last_date,
        enrollments.enrollment_status,
        enrollments.exit_reason_code
    from {{ ref('int_sis_enrollments') }} as enrollments
    inner join {{ ref('int_student_keys') }} as students
        on enrollments.lea_code = students.lea_code
        and enrollments.school_year = students.school_year
        and enrollments.local_student_key = students.local_student_key

),

state_enrollments as (

    select
        school_year,
        lea_code,
        school_code,
        student_key,
        grade,
        first_date,
        last_date,
        enrollment_status,
        exit_reason_code
    from {{ ref('stg_calpads__enrollments') }}

),

connected as (

    -- one row per LEA and year whose SIS sends enrollments
    select distinct
        lea_code,
        school_year
    from sis_enrollments

),

sis_with_status as (

    -- few systems say primary or short-term; the same enrollment in CALPADS does
    select
        sis_enrollments.school_year,
        sis_enrollments.lea_code,
        sis_enrollments.school_code,
        sis_enrollments.student_key,
        sis_enrollments.grade,
        sis_enrollments.first_date,
        sis_enrollments.last_date,
        coalesce(sis_enrollments.enrollment_status, state_enrollments.enrollment_status, '10') as enrollment_status,
        sis_enrollments.exit_reason_code
    from sis_enrollments
    left join state_enrollments
        on sis_enrollments.school_year = state_enrollments.school_year
        and sis_enrollments.school_code = state_enrollments.school_code
        and sis_enrollments.student_key = state_enrollments.student_key
        and sis_enrollments.first_date = state_enrollments.first_date

),

state_only as (

    select state_enrollments.*
    from state_enrollments
    left join connected
        on state_enrollments.lea_code = connected.lea_code
        and state_enrollments.school_year = connected.school_year
    where connected.lea_code is null

),

enrollments as (

    select * from sis_with_status

    union all

    select * from state_only

),

within_the_year as (

    select
        enrollments.school_year,
        enrollments.lea_code,
        enrollments.school_code,
        enrollments.student_key,
        enrollments.grade,
        enrollments.enrollment_status,
        statuses.priority as status_priority,
        greatest(enrollments.first_date, {{ first_date_of('enrollments.school_year') }}) as first_date,
        -- an enrollment without an exit lasts to the end of its school year
        least(
            coalesce(enrollments.last_date, {{ last_date_of('enrollments.school_year') }}),
            {{ last_date_of('enrollments.school_year') }}
        ) as last_date
    from enrollments
    inner join {{ ref('enrollment_statuses') }} as statuses
        on enrollments.enrollment_status = statuses.enrollment_status
    left join {{ ref('never_attended_exits') }} as never_attended
        on enrollments.exit_reason_code = never_attended.exit_reason_code
    left join {{ ref('grades') }} as grades on enrollments.grade = grades.grade
    where
        statuses.counts_for_attendance
        and never_attended.exit_reason_code is null
        -- a grade that nobody sent is no reason to lose the student; preschool and adult education are
        and coalesce(grades.is_tk12, true)

)

select
    {{ key_of(['school_year', 'school_code', 'student_key', 'first_date', 'last_date', 'enrollment_status']) }}
        as stint_key,
    school_year,
    lea_code,
    school_code,
    student_key,
    -- two grades on one enrollment: one of them, and the same one in every build
    max(grade) as grade,
    enrollment_status,
    status_priority,
    first_date,
    last_date
from within_the_year
where last_date >= first_date
group by school_year, lea_code, school_code, student_key, enrollment_status, status_priority, first_date, last_date
