-- Contacts with families that are documented anywhere: in the log, as home visits, as letters. Each kind says by its
-- code whether it reached somebody.
with

found as (

    select
        lea_code,
        school_year,
        local_student_key,
        'log' as contact_source,
        type_code as code,
        start_date as contact_date
    from {{ ref('int_interventions') }}

    union all

    select
        lea_code,
        school_year,
        local_student_key,
        'home_visit' as contact_source,
        person_met as code,
        visit_date as contact_date
    from {{ ref('stg_interventions__home_visits') }}

    union all

    select
        lea_code,
        school_year,
        local_student_key,
        'letter' as contact_source,
        -- what nobody says of its delivery is not known
        coalesce(delivery_outcome, 'unknown') as code,
        sent_date as contact_date
    from {{ ref('stg_interventions__letters') }}

)

select
    found.lea_code,
    found.school_year,
    found.local_student_key,
    found.contact_source,
    found.contact_date,
    bool_or(kinds.is_contact) as is_contact
from found
inner join {{ ref('followup_contacts') }} as kinds
    on found.contact_source = kinds.contact_source
    and found.code = kinds.code
group by found.lea_code, found.school_year, found.local_student_key, found.contact_source, found.contact_date
