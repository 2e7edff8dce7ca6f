-- A first cut: the same students before and after, without a comparison. It shows association, not effect.
with

interventions as (

    select
        listed.intervention_key,
        listed.school_year,
        listed.lea_code,
        listed.school_code,
        students.student_key,
        listed.type_code
    from {{ ref('int_interventions') }} as listed
    -- an intervention whose student is not in the rosters is still an intervention
    left join {{ ref('int_student_keys') }} as students
        on listed.lea_code = students.lea_code
        and listed.school_year = students.school_year
        and listed.local_student_key = students.local_student_key

),

windows as (

    select * from {{ ref('int_intervention_windows') }}

),

entities as (

    select * from {{ ref('int_school_entities') }}

),

lengths as (

    select * from {{ ref('intervention_windows') }}

),

measured as (

    select
        interventions.intervention_key,
        before_start.days_expected as days_expected_before,
        before_start.days_absent as days_absent_before,
        after_start.days_expected as days_expected_after,
        after_start.days_absent as days_absent_after
    from interventions
    inner join windows as before_start
        on interventions.intervention_key = before_start.intervention_key
        and before_start.side = 'before'
    inner join windows as after_start
        on interventions.intervention_key = after_start.intervention_key
        and after_start.side = 'after'
    cross join lengths
    -- a window with few school days says little about a student
    where
        before_start.days_expected >= lengths.minimum_days_expected
        and after_start.days_expected >= lengths.minimum_days_expected

),

summed as (

    select
        interventions.school_year,
        entities.entity_level,
        entities.cds_code,
        interventions.type_code,
        count(*) as interventions,
        count(distinct interventions.student_key) as students,
        count(measured.intervention_key) as interventions_measured,
        count(distinct case when measured.intervention_key is not null then interventions.student_key end)
            as students_measured,
        sum(measured.days_expected_before) as days_expected_before,
        sum(measured.days_absent_before) as days_absent_before,
        sum(measured.days_expected_after) as days_expected_after,
        sum(measured.days_absent_after) as days_absent_after
    from interventions
    inner join entities
        on interventions.lea_code = entities.lea_code
        and interventions.school_code = entities.school_code
    left join measured on interventions.intervention_key = measured.intervention_key
    group by interventions.school_year, entities.entity_level, entities.cds_code, interventions.type_code

),

rated as (

    select
        *,
        {{ percent('days_absent_before', 'days_expected_before') }} as rate_before,
        {{ percent('days_absent_after', 'days_expected_after') }} as rate_after
    from summed

)

select
    rated.school_year,
    rated.entity_level,
    rated.cds_code,
    {{ codes_of('rated.entity_level', 'rated.cds_code') }},
    rated.type_code,
    coalesce(types.type_name, rated.type_code) as type_name,
    cast(rated.interventions as integer) as interventions,
    cast(rated.students as integer) as students,
    cast(rated.interventions_measured as integer) as interventions_measured,
    cast(rated.students_measured as integer) as students_measured,
    cast(rated.days_expected_before as integer) as days_expected_before,
    cast(rated.days_absent_before as integer) as days_absent_before,
    cast(rated.days_expected_after as integer) as days_expected_after,
    cast(rated.days_absent_after as integer) as days_absent_after,
    rated.rate_before,
    rated.rate_after,
    cast(rated.rate_after - rated.rate_before as decimal(5, 1)) as change
from rated
left join {{ ref('intervention_types') }} as types on rated.type_code = types.type_code
