{%- set periods = range(10) %}
with

attendance as (

    select * from {{ ref('stg_aeries__attendance') }}

),

codes as (

    select * from {{ ref('stg_aeries__absence_codes') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

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
            '{{ period }}' as period,
            period_{{ period }}_code as code
        from attendance
        -- the all-day code is filled where all periods agree: it says it all
        where all_day_code is null and period_{{ period }}_code is not null
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
)

select
    attendance.school_year,
    attendance.lea_code,
    attendance.school_code,
    attendance.student_number_key as record_key,
    attendance.school_date,
    cast(null as varchar) as part,
    cast(null as integer) as parts_of_day,
    coalesce(codes.attendance_category, 'unmapped') as attendance_category,
    coalesce(codes.is_unverified, false) as is_unverified,
    coalesce(codes.is_tardy, false) as is_tardy
from attendance
left join codes
    on attendance.school_year = codes.school_year
    and attendance.lea_code = codes.lea_code
    and attendance.school_number = codes.school_number
    and attendance.all_day_code = codes.code
where attendance.all_day_code is not null

union all

select
    period_codes.school_year,
    period_codes.lea_code,
    period_codes.school_code,
    period_codes.student_number_key as record_key,
    period_codes.school_date,
    period_codes.period as part,
    schools.instructional_periods as parts_of_day,
    coalesce(codes.attendance_category, 'unmapped') as attendance_category,
    coalesce(codes.is_unverified, false) as is_unverified,
    coalesce(codes.is_tardy, false) as is_tardy
from period_codes
inner join schools
    on period_codes.lea_code = schools.lea_code
    and period_codes.school_code = schools.school_code
left join codes
    on period_codes.school_year = codes.school_year
    and period_codes.lea_code = codes.lea_code
    and period_codes.school_number = codes.school_number
    and period_codes.code = codes.code
