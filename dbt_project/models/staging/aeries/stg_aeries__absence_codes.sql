with

codes as (

    select * from {{ source('aeries', 'absence_codes') }}

),

types as (

    select * from {{ ref('aeries_attendance_types') }}

)

select
    codes.school_year,
    codes.sender as lea_code,
    codes.school_number,
    codes.code,
    codes.title,
    -- the flags say more than the type: a suspension that counts for ADA is served in school
    case
        when codes.is_suspension = 'Y' and codes.counts_for_ada = 'Y' then 'in_school_suspension'
        when codes.is_suspension = 'Y' then 'out_of_school_suspension'
        when codes.independent_study = 'C' then 'ada_independent_study'
        when codes.independent_study = 'I' then 'non_ada_independent_study'
        else coalesce(types.attendance_category, 'unmapped')
    end as attendance_category,
    coalesce(types.is_unverified, false) as is_unverified,
    coalesce(types.is_tardy, false) as is_tardy,
    coalesce(types.is_unexcused_tardy, false) as is_unexcused_tardy
from codes
left join types on codes.code_type = types.code_type
