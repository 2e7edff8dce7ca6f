with

codes as (

    select * from {{ source('powerschool', 'attendance_code') }}

),

categories as (

    select * from {{ ref('powerschool_attendance_categories') }}

)

select
    codes.school_year,
    codes.sender as lea_code,
    codes.attendance_code_id,
    codes.title,
    -- a code whose category nobody set, or nobody knows, still says whether the student was there
    coalesce(
        categories.attendance_category,
        case when codes.presence_status = 'Absent' then 'unexcused' else 'attended' end
    ) as attendance_category,
    coalesce(categories.is_unverified, false) as is_unverified,
    coalesce(categories.is_tardy, false) as is_tardy,
    coalesce(categories.is_unexcused_tardy, false) as is_unexcused_tardy
from codes
left join categories on lower(codes.calpads_category) = categories.calpads_category
