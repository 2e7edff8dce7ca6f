-- What was offered to whom and when, whichever list it stands in: interventions, letters, home visits, review cases.
with

offered as (

    select
        listed.school_year,
        listed.lea_code,
        listed.school_code,
        listed.local_student_key,
        listed.start_date,
        listed.tier,
        types.type_name as support_name
    from {{ ref('int_interventions') }} as listed
    left join {{ ref('intervention_types') }} as types on listed.type_code = types.type_code

    union all

    select
        school_year,
        lea_code,
        school_code,
        local_student_key,
        sent_date as start_date,
        cast(null as integer) as tier,
        letter_type_name as support_name
    from {{ ref('stg_interventions__letters') }}

    union all

    select
        school_year,
        lea_code,
        school_code,
        local_student_key,
        visit_date as start_date,
        cast(null as integer) as tier,
        'Home visit' as support_name
    from {{ ref('stg_interventions__home_visits') }}

    union all

    select
        school_year,
        lea_code,
        school_code,
        local_student_key,
        coalesce(meeting_date, hearing_date, referral_date) as start_date,
        cast(null as integer) as tier,
        board_name as support_name
    from {{ ref('stg_interventions__sart_sarb') }}

)

select
    offered.school_year,
    students.student_key,
    offered.lea_code,
    offered.school_code,
    offered.start_date,
    cast(offered.tier as integer) as tier,
    offered.support_name
from offered
inner join {{ ref('int_student_keys') }} as students
    on offered.lea_code = students.lea_code
    and offered.school_year = students.school_year
    and offered.local_student_key = students.local_student_key
