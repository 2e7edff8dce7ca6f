-- The rule, once, for every level: who is eligible, and who of them was absent on a tenth of the days or more.
with

totals as (

    select * from {{ ref('int_attendance_totals') }}

),

definition as (

    -- the published definition; others are informational
    select * from {{ ref('attendance_definitions') }}
    where is_published

),

bands as (

    select * from {{ ref('attendance_bands') }}

),

judged as (

    select
        totals.*,
        totals.days_expected - totals.days_absent as days_attended,
        not totals.is_exempt
        and totals.days_expected >= definition.minimum_days_expected
        and totals.days_expected > totals.days_absent as is_eligible,
        -- multiplied, never divided: exactly ten percent is chronic, whatever a fraction would round to
        totals.days_absent * 100 >= totals.days_expected * definition.threshold_percent as reaches_threshold
    from totals
    cross join definition

)

select
    judged.school_year,
    judged.entity_level,
    judged.cds_code,
    judged.student_key,
    judged.attendance_source,
    judged.days_expected,
    judged.days_attended,
    judged.days_absent,
    judged.days_excused,
    judged.days_unexcused,
    judged.days_out_of_school_suspension,
    judged.days_non_ada_independent_study,
    judged.days_unmapped,
    judged.days_partial,
    {{ percent('judged.days_absent', 'judged.days_expected', decimals=3) }} as absence_rate,
    judged.is_exempt,
    judged.is_eligible,
    judged.is_eligible and judged.reaches_threshold as is_chronically_absent,
    bands.attendance_band
from judged
left join bands
    on judged.is_eligible
    and judged.days_absent * 100 >= judged.days_expected * bands.from_percent
    and judged.days_absent * 100 < judged.days_expected * bands.below_percent
