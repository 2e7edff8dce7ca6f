-- How many students stand alike at the end of a month and come to the same: what is learned from, small enough to be
-- read many times.
select
    school_year,
    school_month,
    risk_bin,
    last_year_band,
    grade_span,
    needed_step,
    outcome_step,
    is_decided_so,
    count(*) as students,
    count_if(ends_chronically_absent) as students_chronic
from {{ ref('int_student_risk') }}
where risk_bin is not null
group by
    school_year, school_month, risk_bin, last_year_band, grade_span, needed_step, outcome_step, is_decided_so
