with

summaries as (

    select * from {{ source('aeries', 'summary') }}

),

schools as (

    select * from {{ ref('stg_registry__schools') }}

)

-- one row per student, school and year: a district may keep one for each attendance program of a student
select
    summaries.school_year,
    summaries.sender as lea_code,
    schools.school_code,
    summaries.local_student_key,
    sum(summaries.days_enrolled) as days_enrolled,
    sum(summaries.days_present) as days_present,
    sum(summaries.days_absent) as days_absent,
    sum(summaries.days_excused) as days_excused,
    sum(summaries.days_unexcused) as days_unexcused,
    sum(summaries.days_tardy) as days_tardy,
    sum(summaries.days_truant) as days_truant,
    sum(summaries.days_out_of_school_suspension) as days_out_of_school_suspension,
    sum(summaries.days_in_school_suspension) as days_in_school_suspension,
    sum(summaries.days_ada_independent_study) as days_ada_independent_study,
    sum(summaries.days_non_ada_independent_study) as days_non_ada_independent_study
from summaries
inner join schools
    on summaries.sender = schools.lea_code
    and summaries.school_number = schools.school_number
group by summaries.school_year, summaries.sender, schools.school_code, summaries.local_student_key
