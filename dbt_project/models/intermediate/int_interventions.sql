-- Every intervention about attendance, from the districts' own logs and from Panorama-style plans.
with

logged as (

    select * from {{ ref('stg_interventions__log') }}

),

planned as (

    select * from {{ ref('stg_panorama__interventions') }}

),

only_planned as (

    select planned.*
    from planned
    -- a district that keeps both writes the same thing down twice: its own log counts
    left join logged
        on planned.lea_code = logged.lea_code
        and planned.local_student_key = logged.local_student_key
        and planned.type_code = logged.type_code
        and planned.start_date = logged.start_date
    where
        logged.intervention_key is null
        -- a plan for reading or behavior is not meant to change attendance
        and planned.focus_area = 'Attendance'

)

{% for source in ['logged', 'only_planned'] %}
    select
        school_year,
        lea_code,
        intervention_key,
        school_code,
        local_student_key,
        tier,
        type_code,
        start_date,
        end_date,
        trigger_reason,
        dosage_count,
        status,
        outcome_code,
        updated_at,
        '{{ "interventions" if source == "logged" else "panorama" }}' as source_system
    from {{ source }}
    {% if not loop.last %}
        union all

    {% endif %}
{% endfor %}
