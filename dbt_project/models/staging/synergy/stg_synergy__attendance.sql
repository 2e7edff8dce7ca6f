-- One row per part of a day that has a reason. Where both halves have the same, one row for the whole day.
with

daily as (

    select * from {{ source('synergy', 'daily') }}

),

periods as (

    select * from {{ source('synergy', 'period') }}

),

stints as (

    select * from {{ ref('stg_synergy__stints') }}

),

reasons as (

    select
        school_year,
        sender,
        enrollment_key,
        school_date,
        cast(null as string) as part,
        morning_code as code
    from daily
    where morning_code = afternoon_code

    union all

    select
        school_year,
        sender,
        enrollment_key,
        school_date,
        'morning' as part,
        morning_code as code
    from daily
    where morning_code is not null and morning_code <> coalesce(afternoon_code, '')

    union all

    select
        school_year,
        sender,
        enrollment_key,
        school_date,
        'afternoon' as part,
        afternoon_code as code
    from daily
    where afternoon_code is not null and afternoon_code <> coalesce(morning_code, '')

    union all

    select
        school_year,
        sender,
        enrollment_key,
        school_date,
        'period ' || period as part,
        code
    from periods
    where code is not null

)

select
    reasons.school_year,
    reasons.sender as lea_code,
    stints.school_code,
    stints.school_number,
    reasons.enrollment_key,
    reasons.school_date,
    reasons.part,
    case
        when reasons.part in ('morning', 'afternoon') then 2
        when reasons.part is not null then stints.instructional_periods
    end as parts_of_day,
    reasons.code
from reasons
inner join stints
    on reasons.sender = stints.lea_code
    and reasons.school_year = stints.school_year
    and reasons.enrollment_key = stints.enrollment_key
