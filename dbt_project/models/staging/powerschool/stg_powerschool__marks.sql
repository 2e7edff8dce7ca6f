-- Attendance is named several times and not drawn through one CTE: that would store millions of rows first.
{%- set meeting_number = number_of(['record_key', 'school_code', 'school_date', 'period_id']) %}
with

repeated as (

    -- Two classes may meet in one period. Where they do is told by a number of each period: to group millions of rows
    -- by their text takes gigabytes. That two periods have one number by chance does no harm.
    select {{ meeting_number }} as meeting_number
    from {{ ref('stg_powerschool__attendance') }}
    where mode = 'ATT_ModeMeeting'
    group by {{ meeting_number }}
    having count(*) > 1

),

days as (

    select
        school_year,
        lea_code,
        school_code,
        record_key,
        school_date,
        -- an absence that is worth some of a day is part of one
        case when is_absence and attendance_value > 0 and attendance_value < 1 then 'half' end as part,
        case when is_absence and attendance_value > 0 and attendance_value < 1 then 2 end as parts_of_day,
        case when is_absence and attendance_value >= 1 then 'attended' else attendance_category end
            as attendance_category,
        is_unverified,
        is_tardy,
        is_unexcused_tardy
    from {{ ref('stg_powerschool__attendance') }}
    where mode = 'ATT_ModeDaily'

),

meetings as (

    select
        *,
        1 as place
    from {{ ref('stg_powerschool__attendance') }}
    where
        mode = 'ATT_ModeMeeting'
        and {{ meeting_number }} not in (
            select repeated.meeting_number from repeated
        )

    union all

    select
        *,
        -- the graver mark stands
        row_number() over (
            partition by school_year, lea_code, school_code, record_key, school_date, period_id
            order by priority asc, is_unverified desc, is_tardy desc, is_unexcused_tardy desc
        ) as place
    from {{ ref('stg_powerschool__attendance') }}
    where
        mode = 'ATT_ModeMeeting'
        and {{ meeting_number }} in (
            select repeated.meeting_number from repeated
        )

)

select
    school_year,
    lea_code,
    school_code,
    record_key,
    school_date,
    part,
    parts_of_day,
    attendance_category,
    is_unverified,
    is_tardy,
    is_unexcused_tardy
from days

union all

select
    school_year,
    lea_code,
    school_code,
    record_key,
    school_date,
    cast(period_id as string) as part,
    -- so many periods absent leave a number of periods attended that is worth nothing
    case
        when instructional_periods > periods_worth_nothing then instructional_periods - periods_worth_nothing
    end as parts_of_day,
    attendance_category,
    is_unverified,
    is_tardy,
    is_unexcused_tardy
from meetings
where place = 1
