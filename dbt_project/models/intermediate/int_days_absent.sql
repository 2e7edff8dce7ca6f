-- Days with a mark in each span, by what the mark says.
select
    span_number,
    count_if(is_absence) as days_absent,
    count_if(attendance_category = 'excused') as days_excused,
    count_if(attendance_category = 'unexcused') as days_unexcused,
    count_if(attendance_category = 'out_of_school_suspension') as days_out_of_school_suspension,
    count_if(attendance_category = 'non_ada_independent_study') as days_non_ada_independent_study,
    count_if(attendance_category = 'ada_independent_study') as days_ada_independent_study,
    count_if(attendance_category = 'unmapped') as days_unmapped,
    count_if(is_partial_absence) as days_partial,
    count_if(is_unverified) as days_unverified,
    -- no system can say of one part of a day that it was missed and of another that it began late
    count_if(is_tardy and not is_partial_absence) as days_tardy,
    count_if(is_truancy_occasion) as truancy_occasions,
    max(case when is_truancy_occasion then school_date end) as last_occasion_date
from {{ ref('int_counted_marks') }}
group by span_number
