-- Every intervention with its student, its first day in words of the school year, and the county's span in which it is
-- looked at: what the windows, the comparison and the marts all begin with.
with

interventions as (

    select * from {{ ref('int_interventions') }}

),

reach as (

    select max(window_days) as longest_window_days
    from {{ ref('intervention_windows') }}

)

select
    interventions.intervention_key,
    interventions.school_year,
    interventions.lea_code,
    interventions.school_code,
    students.student_key,
    interventions.type_code,
    interventions.tier,
    terms.term,
    interventions.start_date,
    cast(date_trunc('week', interventions.start_date) as date) as start_week,
    {{ days_after('interventions.start_date', '-reach.longest_window_days') }} as earliest_date,
    {{ days_after('interventions.start_date', 'reach.longest_window_days') }} as latest_date
from interventions
cross join reach
-- an intervention whose student is not in the rosters is still an intervention
left join {{ ref('int_student_keys') }} as students
    on interventions.lea_code = students.lea_code
    and interventions.school_year = students.school_year
    and interventions.local_student_key = students.local_student_key
left join {{ ref('school_terms') }} as terms on month(interventions.start_date) = terms.month
