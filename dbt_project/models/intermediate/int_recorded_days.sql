-- What others keep of a student's year at a school: the certified summary (STAS), report 14.2, the SIS's own history
-- (AHS).
select
    'stas' as record_source,
    school_year,
    lea_code,
    school_code,
    student_key,
    is_exempt,
    -- of an exempt student no days are collected
    case when is_exempt then coalesce(days_expected, 0) else days_expected end as days_expected,
    coalesce(days_excused, 0)
    + coalesce(days_unexcused, 0)
    + coalesce(days_out_of_school_suspension, 0)
    + coalesce(days_non_ada_independent_study, 0) as days_absent
from {{ ref('stg_calpads__absence_summaries') }}

union all

select
    'report_14_2' as record_source,
    school_year,
    lea_code,
    school_code,
    student_key,
    false as is_exempt,
    days_expected,
    days_absent
from {{ ref('stg_calpads__absence_lists') }}

union all

select
    'ahs' as record_source,
    summaries.school_year,
    summaries.lea_code,
    summaries.school_code,
    students.student_key,
    false as is_exempt,
    summaries.days_enrolled as days_expected,
    coalesce(summaries.days_excused, 0)
    + coalesce(summaries.days_unexcused, 0)
    + coalesce(summaries.days_out_of_school_suspension, 0)
    + coalesce(summaries.days_non_ada_independent_study, 0) as days_absent
from {{ ref('stg_aeries__attendance_summaries') }} as summaries
inner join {{ ref('int_student_keys') }} as students
    on summaries.lea_code = students.lea_code
    and summaries.school_year = students.school_year
    and summaries.local_student_key = students.local_student_key
