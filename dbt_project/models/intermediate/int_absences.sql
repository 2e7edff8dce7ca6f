-- What a day's marks mean: one row per student, school and day that carries a mark. A day is absent only as a whole.
with

categories as (

    select * from {{ ref('attendance_categories') }}

),

students as (

    select * from {{ ref('int_sis_students') }}

),

whole_days as (

    -- What is said of the whole day needs no counting: by far the most rows. The marks are named twice and not drawn
    -- through one CTE: that would store tens of millions of rows first.
    select
        school_year,
        lea_code,
        school_code,
        record_key,
        school_date,
        attendance_category,
        false as is_partial_absence,
        is_unverified,
        is_tardy
    from {{ ref('int_sis_marks') }}
    where part is null

),

by_part as (

    select
        marks.school_year,
        marks.lea_code,
        marks.school_code,
        marks.record_key,
        marks.school_date,
        marks.parts_of_day,
        -- the gravest category of the day, should the whole day turn out to be missed
        min(categories.priority) as gravest_priority,
        sum(case when categories.is_absence then 1 else 0 end) as parts_absent,
        sum(case when marks.attendance_category = 'unmapped' then 1 else 0 end) as parts_unmapped,
        case when min(categories.priority) = max(categories.priority) then count(*) else 0 end as parts_alike,
        max(case when marks.is_unverified then 1 else 0 end) as any_unverified,
        max(case when marks.is_tardy then 1 else 0 end) as any_tardy
    from {{ ref('int_sis_marks') }} as marks
    inner join categories on marks.attendance_category = categories.attendance_category
    where marks.part is not null
    group by
        marks.school_year,
        marks.lea_code,
        marks.school_code,
        marks.record_key,
        marks.school_date,
        marks.parts_of_day

),

whole_or_partial as (

    select
        by_part.school_year,
        by_part.lea_code,
        by_part.school_code,
        by_part.record_key,
        by_part.school_date,
        -- of a day whose number of parts nobody told, no part is ever the whole
        case
            when by_part.parts_absent >= by_part.parts_of_day then categories.attendance_category
            when by_part.parts_absent + by_part.parts_unmapped >= by_part.parts_of_day then 'unmapped'
            -- a whole day of in-school suspension or independent study is such a day, though none is absent
            when by_part.parts_alike >= by_part.parts_of_day then categories.attendance_category
            else 'attended'
        end as attendance_category,
        by_part.parts_absent > 0
        and by_part.parts_absent < coalesce(by_part.parts_of_day, 99) as is_partial_absence,
        by_part.any_unverified = 1 as is_unverified,
        by_part.any_tardy = 1 as is_tardy
    from by_part
    inner join categories on by_part.gravest_priority = categories.priority

),

days as (

    select * from whole_days

    union all

    select * from whole_or_partial

),

with_student as (

    select
        days.school_year,
        days.lea_code,
        days.school_code,
        students.student_key,
        days.school_date as absence_date,
        days.attendance_category,
        days.is_partial_absence,
        days.is_unverified,
        days.is_tardy,
        categories.is_absence,
        -- a student with two numbers at one school still has one day: the gravest category stands
        row_number() over (
            partition by days.school_year, days.school_code, students.student_key, days.school_date
            order by
                categories.priority asc,
                days.is_partial_absence desc,
                days.is_unverified desc,
                days.is_tardy desc
        ) as place
    from days
    inner join students
        on days.school_year = students.school_year
        and days.lea_code = students.lea_code
        and days.school_code = students.school_code
        and days.record_key = students.record_key
    inner join categories on days.attendance_category = categories.attendance_category

)

select
    school_year,
    lea_code,
    school_code,
    student_key,
    absence_date,
    attendance_category,
    is_absence,
    is_partial_absence,
    is_unverified,
    is_tardy
from with_student
where place = 1
