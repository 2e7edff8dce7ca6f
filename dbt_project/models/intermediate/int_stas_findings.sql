-- What is wrong with absence summaries across rows. What is wrong within a row never gets here: the load rejects it by
-- the rules of its contract (STAS0318, 0311, 0651, 0739 and the rest) and tells its sender the line.
with

summaries as (

    select * from {{ ref('stg_calpads__absence_summaries') }}

),

enrollments as (

    select
        enrollments.school_year,
        enrollments.lea_code,
        enrollments.school_code,
        enrollments.student_key
    from {{ ref('stg_calpads__enrollments') }} as enrollments
    inner join {{ ref('enrollment_statuses') }} as statuses
        on enrollments.enrollment_status = statuses.enrollment_status
    inner join {{ ref('grades') }} as grades on enrollments.grade = grades.grade
    left join {{ ref('never_attended_exits') }} as never_attended
        on enrollments.exit_reason_code = never_attended.exit_reason_code
    where
        statuses.counts_for_attendance
        and grades.is_tk12
        and never_attended.exit_reason_code is null

),

submitting as (

    -- one row per school that sent summaries: a school without any is silent, which int_submissions tells
    select distinct
        school_year,
        lea_code,
        school_code
    from summaries

),

enrolling as (

    -- one row per LEA and year whose enrollments are here
    select distinct
        school_year,
        lea_code
    from {{ ref('stg_calpads__enrollments') }}

),

recovered as (

    select
        school_year,
        lea_code,
        student_key,
        sum(attendance_recovery_days) as days_recovered
    from summaries
    group by school_year, lea_code, student_key

),

too_much_recovered as (

    select
        summaries.school_year,
        summaries.lea_code,
        summaries.school_code,
        summaries.student_key,
        'STAS0740' as rule_code,
        cast(recovered.days_recovered as string)
        || ' days of attendance recovery over the schools of the LEA, ten are the limit' as finding
    from summaries
    inner join recovered
        on summaries.school_year = recovered.school_year
        and summaries.lea_code = recovered.lea_code
        and summaries.student_key = recovered.student_key
    where
        recovered.days_recovered > 10
        and summaries.attendance_recovery_days > 0

),

without_summary as (

    -- distinct, because a student may leave and come back
    select distinct
        enrollments.school_year,
        enrollments.lea_code,
        enrollments.school_code,
        enrollments.student_key,
        'summary missing' as rule_code,
        'enrolled as primary or short-term, but without an absence summary' as finding
    from enrollments
    inner join submitting
        on enrollments.school_year = submitting.school_year
        and enrollments.lea_code = submitting.lea_code
        and enrollments.school_code = submitting.school_code
    left join summaries
        on enrollments.school_year = summaries.school_year
        and enrollments.lea_code = summaries.lea_code
        and enrollments.school_code = summaries.school_code
        and enrollments.student_key = summaries.student_key
    where summaries.student_key is null

),

without_enrollment as (

    select
        summaries.school_year,
        summaries.lea_code,
        summaries.school_code,
        summaries.student_key,
        'enrollment missing' as rule_code,
        'an absence summary, but no enrollment as primary or short-term' as finding
    from summaries
    inner join enrolling
        on summaries.school_year = enrolling.school_year
        and summaries.lea_code = enrolling.lea_code
    left join enrollments
        on summaries.school_year = enrollments.school_year
        and summaries.lea_code = enrollments.lea_code
        and summaries.school_code = enrollments.school_code
        and summaries.student_key = enrollments.student_key
    where enrollments.student_key is null

)

select * from too_much_recovered

union all

select * from without_summary

union all

select * from without_enrollment
