with

stints as (

    select * from {{ ref('stg_synergy__stints') }}

),

leas as (

    select * from {{ ref('stg_registry__leas') }}

),

grades as (

    select *
    from {{ ref('sis_grades') }}
    where system = 'synergy'

)

select
    stints.school_year,
    stints.lea_code,
    stints.school_code,
    stints.local_student_key,
    grades.grade,
    -- Synergy does not say primary or short-term
    cast(null as string) as enrollment_status,
    stints.enter_date as first_date,
    {{ last_day_of('stints.leave_date', 'leas.leave_date_rule') }} as last_date,
    stints.exit_reason_code
from stints
inner join leas on stints.lea_code = leas.lea_code
left join grades on upper(stints.grade) = grades.sis_grade
