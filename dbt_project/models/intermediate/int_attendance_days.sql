-- Students expected and absent at each entity on each school day that is known. Enrollment is a running sum of those
-- who come and go, so that no row per present day is ever made; spans are counted by the entities at which they count,
-- so that the marks are read once for all levels.
with

exempt as (

    -- one row per student who is exempt at a school
    select distinct
        school_year,
        school_code,
        student_key
    from {{ ref('stg_calpads__absence_summaries') }}
    where is_exempt

),

spans as (

    select
        expected.span_number,
        expected.school_year,
        expected.school_code,
        expected.counts_at_school,
        expected.counts_at_district,
        expected.counts_at_county,
        expected.school_days_before + 1 as first_school_day,
        expected.last_school_day
    from {{ ref('int_days_expected') }} as expected
    left join exempt
        on expected.school_year = exempt.school_year
        and expected.school_code = exempt.school_code
        and expected.student_key = exempt.student_key
    where expected.days_expected > 0 and exempt.student_key is null

),

steps as (

    select
        school_year,
        school_code,
        counts_at_school,
        counts_at_district,
        counts_at_county,
        first_school_day as school_day,
        count(*) as students
    from spans
    group by school_year, school_code, counts_at_school, counts_at_district, counts_at_county, first_school_day

    union all

    select
        school_year,
        school_code,
        counts_at_school,
        counts_at_district,
        counts_at_county,
        last_school_day + 1 as school_day,
        -count(*) as students
    from spans
    group by school_year, school_code, counts_at_school, counts_at_district, counts_at_county, last_school_day

),

changes as (

    select
        school_year,
        school_code,
        counts_at_school,
        counts_at_district,
        counts_at_county,
        school_day,
        sum(students) as students
    from steps
    group by school_year, school_code, counts_at_school, counts_at_district, counts_at_county, school_day

),

marked as (

    select
        spans.school_year,
        spans.school_code,
        spans.counts_at_school,
        spans.counts_at_district,
        spans.counts_at_county,
        marks.school_day,
        count_if(marks.is_absence) as students_absent,
        count_if(marks.attendance_category = 'unmapped') as students_unmapped
    from {{ ref('int_counted_marks') }} as marks
    inner join spans on marks.span_number = spans.span_number
    where marks.is_absence or marks.attendance_category = 'unmapped'
    group by
        spans.school_year,
        spans.school_code,
        spans.counts_at_school,
        spans.counts_at_district,
        spans.counts_at_county,
        marks.school_day

),

kinds as (

    -- the ways in which a school's spans count: nearly always one, at every level
    select distinct
        school_year,
        school_code,
        counts_at_school,
        counts_at_district,
        counts_at_county
    from spans

),

school_days as (

    select
        calendar.school_year,
        calendar.lea_code,
        calendar.school_code,
        calendar.calendar_date,
        calendar.days_so_far as school_day
    from {{ ref('int_calendar') }} as calendar
    inner join {{ ref('int_submissions') }} as submissions
        on calendar.school_year = submissions.school_year
        and calendar.lea_code = submissions.lea_code
        and calendar.school_code = submissions.school_code
    where calendar.in_session = 1 and calendar.calendar_date <= submissions.complete_through

),

counted as (

    select
        school_days.school_year,
        school_days.lea_code,
        school_days.school_code,
        school_days.calendar_date,
        kinds.counts_at_school,
        kinds.counts_at_district,
        kinds.counts_at_county,
        coalesce(marked.students_absent, 0) as students_absent,
        coalesce(marked.students_unmapped, 0) as students_unmapped,
        sum(coalesce(changes.students, 0)) over (
            partition by
                school_days.school_year,
                school_days.school_code,
                kinds.counts_at_school,
                kinds.counts_at_district,
                kinds.counts_at_county
            order by school_days.school_day
        ) as students_enrolled
    from school_days
    inner join kinds
        on school_days.school_year = kinds.school_year
        and school_days.school_code = kinds.school_code
    left join changes
        on school_days.school_year = changes.school_year
        and school_days.school_code = changes.school_code
        and kinds.counts_at_school = changes.counts_at_school
        and kinds.counts_at_district = changes.counts_at_district
        and kinds.counts_at_county = changes.counts_at_county
        and school_days.school_day = changes.school_day
    left join marked
        on school_days.school_year = marked.school_year
        and school_days.school_code = marked.school_code
        and kinds.counts_at_school = marked.counts_at_school
        and kinds.counts_at_district = marked.counts_at_district
        and kinds.counts_at_county = marked.counts_at_county
        and school_days.school_day = marked.school_day

)

select
    counted.school_year,
    entities.entity_level,
    entities.cds_code,
    counted.calendar_date,
    cast(sum(counted.students_enrolled - counted.students_unmapped) as integer) as students_expected,
    cast(sum(counted.students_absent) as integer) as students_absent
from counted
inner join {{ ref('int_school_entities') }} as entities
    on counted.lea_code = entities.lea_code
    and counted.school_code = entities.school_code
where
    (entities.entity_level = 'school' and counted.counts_at_school)
    or (entities.entity_level = 'district' and counted.counts_at_district)
    or (entities.entity_level = 'county' and counted.counts_at_county)
group by counted.school_year, entities.entity_level, entities.cds_code, counted.calendar_date
