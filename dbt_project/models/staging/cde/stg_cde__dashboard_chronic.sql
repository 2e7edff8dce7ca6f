with

published as (

    select * from {{ source('cde', 'dashboard_chronic') }}

)

select
    school_year,
    case record_level
        when 'X' then 'state'
        when 'D' then 'district'
        when 'S' then 'school'
    end as entity_level,
    cds_code,
    case record_level
        when 'X' then 'California'
        when 'D' then district_name
        when 'S' then school_name
    end as entity_name,
    -- printed LT EL in some files
    replace(student_group, ' ', '') as student_group,
    current_count,
    current_students,
    current_rate,
    prior_count,
    prior_students,
    prior_rate,
    rate_change,
    -- 0 says that there is no level
    nullif(status_level, 0) as status_level,
    nullif(change_level, 0) as change_level,
    nullif(color_level, 0) as color_level,
    small_population = 'Y' as is_small_population,
    coalesce(charter_flag = 'Y', false) as is_charter,
    coalesce(dass_flag = 'Y', false) as is_dass,
    coalesce(certify_flag = 'Y', false) as is_uncertified
from published
