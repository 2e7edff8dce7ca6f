with

codes as (

    select * from {{ source('synergy', 'codes') }}

),

types as (

    select * from {{ ref('synergy_attendance_types') }}

)

select
    codes.school_year,
    codes.sender as lea_code,
    codes.school_number,
    codes.code,
    codes.title,
    coalesce(types.attendance_category, 'unmapped') as attendance_category,
    coalesce(types.is_unverified, false) as is_unverified,
    coalesce(types.is_tardy, false) as is_tardy,
    coalesce(types.is_unexcused_tardy, false) as is_unexcused_tardy
from codes
left join types on upper(codes.code_type) = types.code_type
