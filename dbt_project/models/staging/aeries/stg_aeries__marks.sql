-- Attendance is named twice and not drawn through one CTE: that would store millions of rows first.
with

codes as (

    select * from {{ ref('stg_aeries__absence_codes') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

),

periods as (

    {% for period in range(10) %}
        select '{{ period }}' as period
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

period_codes as (

    -- The all-day code is filled where all periods agree: it says it all. Not by unpivot, over whose lists DuckDB 2.0.0
    -- stops with an internal error as soon as the lake has many files.
    select
        attendance.school_year,
        attendance.lea_code,
        attendance.school_code,
        attendance.school_number,
        attendance.student_number_key,
        attendance.school_date,
        periods.period,
        case periods.period
            {% for period in range(10) %}
                when '{{ period }}' then attendance.period_{{ period }}_code
            {% endfor %}
        end as code
    from {{ ref('stg_aeries__attendance') }} as attendance
    cross join periods
    where attendance.all_day_code is null

)

select
    attendance.school_year,
    attendance.lea_code,
    attendance.school_code,
    attendance.student_number_key as record_key,
    attendance.school_date,
    cast(null as string) as part,
    cast(null as integer) as parts_of_day,
    coalesce(codes.attendance_category, 'unmapped') as attendance_category,
    coalesce(codes.is_unverified, false) as is_unverified,
    coalesce(codes.is_tardy, false) as is_tardy,
    coalesce(codes.is_unexcused_tardy, false) as is_unexcused_tardy
from {{ ref('stg_aeries__attendance') }} as attendance
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
    coalesce(codes.is_tardy, false) as is_tardy,
    coalesce(codes.is_unexcused_tardy, false) as is_unexcused_tardy
from period_codes
inner join schools
    on period_codes.lea_code = schools.lea_code
    and period_codes.school_code = schools.school_code
left join codes
    on period_codes.school_year = codes.school_year
    and period_codes.lea_code = codes.lea_code
    and period_codes.school_number = codes.school_number
    and period_codes.code = codes.code
where period_codes.code is not null
