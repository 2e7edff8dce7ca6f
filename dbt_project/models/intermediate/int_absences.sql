-- What a day's marks mean: one row per student at a school and day that carries a mark. A day is absent only as a
-- whole. Students go by number, because a county has tens of millions of rows: int_sis_students says who they are.
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
        students.roster_number,
        marks.school_date,
        marks.attendance_category,
        false as is_partial_absence,
        marks.is_unverified,
        marks.is_tardy,
        marks.attendance_category = 'unexcused' or marks.is_unexcused_tardy as is_truancy_occasion
    from {{ ref('int_sis_marks') }} as marks
    inner join students
        on marks.school_year = students.school_year
        and marks.lea_code = students.lea_code
        and marks.school_code = students.school_code
        and marks.record_key = students.record_key
    where marks.part is null

),

by_part as (

    select
        students.record_number,
        students.roster_number,
        marks.school_date,
        marks.parts_of_day,
        -- the gravest category of the day, should the whole day turn out to be missed
        min(categories.priority) as gravest_priority,
        count_if(categories.is_absence) as parts_absent,
        count_if(marks.attendance_category = 'unmapped') as parts_unmapped,
        case when min(categories.priority) = max(categories.priority) then count(*) else 0 end as parts_alike,
        bool_or(marks.is_unverified) as any_unverified,
        bool_or(marks.is_tardy) as any_tardy,
        -- a part of a day is longer than the law's thirty minutes
        bool_or(marks.attendance_category = 'unexcused' or marks.is_unexcused_tardy) as any_occasion
    from {{ ref('int_sis_marks') }} as marks
    inner join students
        on marks.school_year = students.school_year
        and marks.lea_code = students.lea_code
        and marks.school_code = students.school_code
        and marks.record_key = students.record_key
    inner join categories on marks.attendance_category = categories.attendance_category
    where marks.part is not null
    group by students.record_number, students.roster_number, marks.school_date, marks.parts_of_day

),

whole_or_partial as (

    select
        by_part.roster_number,
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
        coalesce(by_part.any_unverified, false) as is_unverified,
        coalesce(by_part.any_tardy, false) as is_tardy,
        coalesce(by_part.any_occasion, false) as is_truancy_occasion
    from by_part
    inner join categories on by_part.gravest_priority = categories.priority

),

days as (

    select * from whole_days

    union all

    select * from whole_or_partial

),

gravest as (

    -- A student with two numbers at one school still has one day: the gravest category stands; of the same category a
    -- day missed in part, then one not verified, then one begun late, then one that counts for truancy. One number
    -- holds all five, to be compared once.
    select
        days.roster_number,
        days.school_date,
        min(
            categories.priority * 16
            + case when days.is_partial_absence then 0 else 8 end
            + case when days.is_unverified then 0 else 4 end
            + case when days.is_tardy then 0 else 2 end
            + case when days.is_truancy_occasion then 0 else 1 end
        ) as gravity
    from days
    inner join categories on days.attendance_category = categories.attendance_category
    group by days.roster_number, days.school_date

)

select
    gravest.roster_number,
    gravest.school_date as absence_date,
    categories.attendance_category,
    categories.is_absence,
    gravest.gravity % 16 < 8 as is_partial_absence,
    gravest.gravity % 8 < 4 as is_unverified,
    gravest.gravity % 4 < 2 as is_tardy,
    gravest.gravity % 2 < 1 as is_truancy_occasion
from gravest
inner join categories on gravest.gravity - gravest.gravity % 16 = categories.priority * 16
