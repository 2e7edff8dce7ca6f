-- What a day's codes mean: one row per student, school and day that carries a code. A day is absent only as a whole.
{%- set periods = range(10) %}
with

attendance as (

    select * from {{ ref('stg_aeries__attendance') }}

),

codes as (

    select
        absence_codes.school_year,
        absence_codes.lea_code,
        absence_codes.school_number,
        absence_codes.code,
        absence_codes.attendance_category
    from {{ ref('stg_aeries__absence_codes') }} as absence_codes

),

categories as (

    select * from {{ ref('attendance_categories') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

),

students as (

    select * from {{ ref('stg_aeries__students') }}

),

all_day as (

    select
        attendance.school_year,
        attendance.lea_code,
        attendance.school_code,
        attendance.school_number,
        attendance.student_number_key,
        attendance.school_date,
        coalesce(codes.attendance_category, 'unmapped') as attendance_category,
        false as is_partial_absence
    from attendance
    left join codes
        on attendance.school_year = codes.school_year
        and attendance.lea_code = codes.lea_code
        and attendance.school_number = codes.school_number
        and attendance.all_day_code = codes.code
    where attendance.all_day_code is not null

),

period_codes as (

    {% for period in periods %}
        select
            school_year,
            lea_code,
            school_code,
            school_number,
            student_number_key,
            school_date,
            period_{{ period }}_code as code
        from attendance
        where all_day_code is null and period_{{ period }}_code is not null
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

period_categories as (

    select
        period_codes.school_year,
        period_codes.lea_code,
        period_codes.school_code,
        period_codes.school_number,
        period_codes.student_number_key,
        period_codes.school_date,
        coalesce(codes.attendance_category, 'unmapped') as attendance_category
    from period_codes
    left join codes
        on period_codes.school_year = codes.school_year
        and period_codes.lea_code = codes.lea_code
        and period_codes.school_number = codes.school_number
        and period_codes.code = codes.code

),

by_period as (

    select
        period_categories.school_year,
        period_categories.lea_code,
        period_categories.school_code,
        period_categories.school_number,
        period_categories.student_number_key,
        period_categories.school_date,
        -- the gravest category of the day, should the whole day turn out to be missed
        min(categories.priority) as gravest_priority,
        sum(case when categories.is_absence then 1 else 0 end) as periods_absent,
        sum(case when period_categories.attendance_category = 'unmapped' then 1 else 0 end) as periods_unmapped
    from period_categories
    inner join categories on period_categories.attendance_category = categories.attendance_category
    group by
        period_categories.school_year,
        period_categories.lea_code,
        period_categories.school_code,
        period_categories.school_number,
        period_categories.student_number_key,
        period_categories.school_date

),

whole_or_partial as (

    select
        by_period.school_year,
        by_period.lea_code,
        by_period.school_code,
        by_period.school_number,
        by_period.student_number_key,
        by_period.school_date,
        case
            when by_period.periods_absent >= schools.instructional_periods then categories.attendance_category
            when by_period.periods_absent + by_period.periods_unmapped >= schools.instructional_periods then 'unmapped'
            else 'attended'
        end as attendance_category,
        by_period.periods_absent > 0
        and by_period.periods_absent < coalesce(schools.instructional_periods, 99) as is_partial_absence
    from by_period
    inner join schools on by_period.school_code = schools.school_code and by_period.lea_code = schools.lea_code
    inner join categories on by_period.gravest_priority = categories.priority

),

days as (

    select * from all_day

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
        categories.is_absence,
        -- a student with two numbers at one school still has one day: the gravest category stands
        row_number() over (
            partition by days.school_year, days.school_code, students.student_key, days.school_date
            order by categories.priority asc, days.is_partial_absence desc
        ) as place
    from days
    inner join students
        on days.school_year = students.school_year
        and days.lea_code = students.lea_code
        and days.school_number = students.school_number
        and days.student_number_key = students.student_number_key
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
    is_partial_absence
from with_student
where place = 1
