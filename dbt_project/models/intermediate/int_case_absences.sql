-- Of each case's student: unexcused days since the case is followed, the day on which absences have begun again, and
-- days of independent study in the year, at the district of the case: what follows at another is not its to know. The
-- absences of these students are read once.
with

districts as (

    -- one row per LEA: a charter's own belongs to the district that authorised it
    select
        lea_code,
        max(cds_code) as cds_code
    from {{ ref('int_school_entities') }}
    where entity_level = 'district'
    group by lea_code

),

cases as (

    select
        listed.case_key,
        listed.school_year,
        listed.student_key,
        listed.followed_from,
        listed.judged_on,
        districts.cds_code as district_cds_code
    from {{ ref('int_attendance_cases') }} as listed
    inner join districts on listed.lea_code = districts.lea_code
    where listed.student_key is not null

),

rules as (

    select value as regression_days
    from {{ ref('followup_rules') }}
    where rule = 'regression_unexcused_days'

),

spans as (

    -- the district sees a student who changed schools as one
    select
        stints.school_year,
        stints.cds_code as district_cds_code,
        stints.student_key,
        expected.school_code,
        rosters.roster_number,
        expected.first_date,
        expected.last_counted_date
    from {{ ref('int_entity_stints') }} as stints
    inner join {{ ref('int_days_expected') }} as expected
        on stints.stint_key = expected.stint_key
        and stints.first_date = expected.first_date
        and stints.last_date = expected.last_date
    inner join {{ ref('int_sis_students') }} as rosters
        on stints.school_year = rosters.school_year
        and expected.school_code = rosters.school_code
        and stints.student_key = rosters.student_key
        -- the first of a student's records at the school has the number of all of them
        and rosters.record_number = rosters.roster_number
    where stints.entity_level = 'district'

),

days as (

    select
        cases.case_key,
        cases.followed_from,
        absences.absence_date,
        absences.attendance_category
    from cases
    inner join spans
        on cases.school_year = spans.school_year
        and cases.student_key = spans.student_key
        and cases.district_cds_code = spans.district_cds_code
    inner join {{ ref('int_absences') }} as absences
        on spans.roster_number = absences.roster_number
        and spans.first_date <= absences.absence_date
        and least(spans.last_counted_date, cases.judged_on) >= absences.absence_date
    where
        absences.attendance_category in ('unexcused', 'ada_independent_study', 'non_ada_independent_study')
        -- a code on a day without school is not a day absent: asked as in int_days_absent
        and exists (
            select 1
            from {{ ref('int_calendar') }} as calendar
            where
                calendar.school_year = spans.school_year
                and calendar.school_code = spans.school_code
                and calendar.calendar_date = absences.absence_date
                and calendar.in_session = 1
        )

),

marked as (

    select
        *,
        case
            when attendance_category = 'unexcused' and absence_date > followed_from then 1 else 0
        end as is_unexcused_after
    from days

),

counted as (

    select
        *,
        sum(is_unexcused_after) over (
            partition by case_key order by absence_date rows between unbounded preceding and current row
        ) as unexcused_so_far
    from marked

)

select
    counted.case_key,
    cast(sum(counted.is_unexcused_after) as integer) as unexcused_days_after,
    min(case when counted.unexcused_so_far >= rules.regression_days then counted.absence_date end) as regressed_on,
    count_if(counted.attendance_category <> 'unexcused') as independent_study_days
from counted
cross join rules
group by counted.case_key
