-- Each school day up to the as-of day, school by school: was attendance submitted, is its rate possible, how many marks
-- does nobody explain, was it sent again late.
with

rules as (

    select
        max(case when rule = 'fewest_students' then value end) as fewest_students,
        max(case when rule = 'impossible_percent' then value end) as impossible_percent,
        max(case when rule = 'late_days' then value end) as late_days
    from {{ ref('data_quality_rules') }}

),

schools as (

    select
        cds_code,
        lea_code,
        school_code
    from {{ ref('int_school_entities') }}
    where entity_level = 'school'

),

days as (

    select
        calendar.school_year,
        calendar.lea_code,
        calendar.school_code,
        schools.cds_code,
        calendar.calendar_date,
        {{ days_after('calendar.calendar_date', '1 - ' ~ weekday_of('calendar.calendar_date')) }} as week_start
    from {{ ref('int_calendar') }} as calendar
    cross join {{ ref('int_as_of') }} as as_of
    inner join schools
        on calendar.lea_code = schools.lea_code
        and calendar.school_code = schools.school_code
    where calendar.in_session = 1 and calendar.calendar_date <= as_of.as_of_date

),

submitted as (

    -- one row per school and day of which any mark arrived
    select distinct
        school_year,
        lea_code,
        school_code,
        school_date
    from {{ ref('int_sis_submitted_days') }}

),

unmapped as (

    select
        spans.school_year,
        spans.school_code,
        marks.school_date,
        count(*) as marks,
        count_if(marks.attendance_category = 'unmapped') as marks_unmapped
    from {{ ref('int_counted_marks') }} as marks
    inner join {{ ref('int_days_expected') }} as spans on marks.span_number = spans.span_number
    where spans.counts_at_school
    group by spans.school_year, spans.school_code, marks.school_date

),

months as (

    -- files of one month each: of a file that holds the whole year, a new delivery does not say what has changed
    select
        deliveries.sender as lea_code,
        deliveries.covers_from,
        deliveries.covers_through,
        max(case when deliveries.standing = 'in_use' then deliveries.sent_at end) as sent_at,
        count_if(deliveries.standing = 'replaced') as replaced
    from {{ ref('stg_ledger__deliveries') }} as deliveries
    inner join {{ ref('attendance_files') }} as files
        on deliveries.source = files.system
        and deliveries.file = files.file
    where {{ days_between('deliveries.covers_from', 'deliveries.covers_through') }} <= 31
    group by deliveries.sender, deliveries.covers_from, deliveries.covers_through

),

lea_days as (

    -- one row per LEA and day, whichever its schools are
    select distinct
        lea_code,
        week_start,
        calendar_date
    from days

),

sent_again as (

    select
        lea_days.lea_code,
        lea_days.calendar_date,
        count(*) as files
    from lea_days
    cross join rules
    inner join months
        on lea_days.lea_code = months.lea_code
        and lea_days.calendar_date >= months.covers_from
        and lea_days.calendar_date <= months.covers_through
    where
        months.replaced > 0
        and cast(months.sent_at as date)
        > {{ days_after('lea_days.week_start', 'cast(6 + rules.late_days as integer)') }}
    group by lea_days.lea_code, lea_days.calendar_date

)

select
    days.school_year,
    days.lea_code,
    days.school_code,
    days.cds_code,
    days.calendar_date,
    days.week_start,
    submissions.attendance_source,
    submitted.school_date is not null as has_marks,
    coalesce(days.calendar_date <= submissions.complete_through, false) as is_submitted,
    attendance.students_expected,
    attendance.students_absent,
    coalesce(
        attendance.students_expected >= rules.fewest_students
        and attendance.students_absent * 100 >= attendance.students_expected * rules.impossible_percent,
        false
    ) as is_impossible,
    coalesce(unmapped.marks, 0) as marks,
    coalesce(unmapped.marks_unmapped, 0) as marks_unmapped,
    sent_again.files is not null as is_corrected_late
from days
cross join rules
left join {{ ref('int_submissions') }} as submissions
    on days.school_year = submissions.school_year
    and days.lea_code = submissions.lea_code
    and days.school_code = submissions.school_code
left join submitted
    on days.school_year = submitted.school_year
    and days.lea_code = submitted.lea_code
    and days.school_code = submitted.school_code
    and days.calendar_date = submitted.school_date
left join {{ ref('int_attendance_days') }} as attendance
    on days.school_year = attendance.school_year
    and days.cds_code = attendance.cds_code
    and attendance.entity_level = 'school'
    and days.calendar_date = attendance.calendar_date
left join unmapped
    on days.school_year = unmapped.school_year
    and days.school_code = unmapped.school_code
    and days.calendar_date = unmapped.school_date
left join sent_again
    on days.lea_code = sent_again.lea_code
    and days.calendar_date = sent_again.calendar_date
