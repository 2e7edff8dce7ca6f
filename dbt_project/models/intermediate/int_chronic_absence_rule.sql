-- The rule, once, for every level and by each named definition: who is eligible, and who of them was absent on a tenth
-- of the days or more.
with

totals as (

    select * from {{ ref('int_attendance_totals') }}

),

published as (

    -- the published definition; others are informational
    select * from {{ ref('attendance_definitions') }}
    where is_published

),

edfacts as (

    select * from {{ ref('attendance_definitions') }}
    where definition = 'edfacts'

),

net as (

    select * from {{ ref('attendance_definitions') }}
    where nets_recovery

),

bands as (

    select * from {{ ref('attendance_bands') }}

),

tiers as (

    select * from {{ ref('attendance_tiers') }}

),

judged as (

    select
        totals.*,
        totals.days_expected - totals.days_absent as days_attended,
        not totals.is_exempt and {{ is_eligible_by('published') }} as is_eligible,
        {{ reaches_threshold_of('published') }} as reaches_threshold,
        not totals.is_exempt and {{ is_eligible_by('edfacts') }} as is_eligible_edfacts,
        {{ reaches_threshold_of('edfacts') }} as reaches_threshold_edfacts,
        not totals.is_exempt and {{ is_eligible_by('net') }} as is_eligible_net,
        {{ reaches_threshold_of('net', days_absent='greatest(totals.days_absent - totals.days_recovered, 0)') }}
            as reaches_threshold_net
    from totals
    cross join published
    cross join edfacts
    cross join net

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
    judged.days_ada_independent_study,
    judged.days_unverified,
    judged.days_tardy,
    judged.truancy_occasions,
    judged.last_occasion_date,
    judged.days_recovered,
    {{ percent('judged.days_absent', 'judged.days_expected', decimals=3) }} as absence_rate,
    judged.is_exempt,
    judged.is_eligible,
    judged.is_eligible and judged.reaches_threshold as is_chronically_absent,
    judged.is_eligible_edfacts,
    judged.is_eligible_edfacts and judged.reaches_threshold_edfacts as is_chronically_absent_edfacts,
    -- without any word of recovery days there is nothing to take from the absences, nor any knowing that there is
    -- nothing
    case
        when judged.days_recovered is not null then judged.is_eligible_net and judged.reaches_threshold_net
    end as is_chronically_absent_net_of_recovery,
    bands.attendance_band,
    tiers.tier
from judged
left join bands
    on judged.is_eligible
    and judged.days_absent * 100 >= judged.days_expected * bands.from_percent
    and judged.days_absent * 100 < judged.days_expected * bands.below_percent
left join tiers
    on judged.is_eligible
    and judged.days_absent * 100 >= judged.days_expected * tiers.from_percent
    and judged.days_absent * 100 < judged.days_expected * tiers.below_percent
