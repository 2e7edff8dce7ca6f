-- A student's year at a school by daily records beside what the district certified or keeps of it, one row per record
-- source; only LEAs and years in which attendance arrives by day. Where they differ, the first cause that can explain
-- it.
with

tolerance as (

    select
        record_source,
        max(tolerance) as tolerance_days
    from {{ ref('reconciliation_checks') }}
    where tolerance_unit = 'days'
    group by record_source

),

schools as (

    select
        cds_code,
        lea_code,
        school_code
    from {{ ref('int_school_entities') }}
    where entity_level = 'school'

),

daily_schools as (

    select
        submissions.school_year,
        submissions.lea_code,
        submissions.school_code,
        submissions.complete_through < school_days.last_school_day as is_cut_short
    from {{ ref('int_submissions') }} as submissions
    inner join {{ ref('int_submission_days') }} as school_days
        on submissions.school_year = school_days.school_year
        and submissions.lea_code = school_days.lea_code
        and submissions.school_code = school_days.school_code
    where submissions.attendance_source = 'daily'

),

daily_leas as (

    -- one row per LEA and year in which some school's attendance arrives by day
    select distinct
        school_year,
        lea_code
    from daily_schools

),

ours as (

    select
        totals.school_year,
        schools.lea_code,
        schools.school_code,
        totals.student_key,
        totals.days_expected,
        totals.days_absent,
        totals.days_partial,
        totals.days_unmapped,
        totals.is_exempt
    from {{ ref('int_attendance_totals') }} as totals
    inner join schools on totals.cds_code = schools.cds_code
    where totals.entity_level = 'school' and totals.attendance_source = 'daily'

),

records as (

    select
        records.record_source,
        records.school_year,
        records.lea_code,
        records.school_code,
        records.student_key,
        sum(records.days_expected) as days_expected,
        sum(records.days_absent) as days_absent,
        bool_or(records.is_exempt) as is_exempt
    from {{ ref('int_recorded_days') }} as records
    inner join daily_leas
        on records.school_year = daily_leas.school_year
        and records.lea_code = daily_leas.lea_code
    group by
        records.record_source, records.school_year, records.lea_code, records.school_code, records.student_key

),

recorded_leas as (

    -- one row per record source, LEA and year
    select distinct
        record_source,
        school_year,
        lea_code
    from records

),

recorded_schools as (

    -- one row per record source, school and year
    select distinct
        record_source,
        school_year,
        lea_code,
        school_code
    from records

),

expected as (

    -- our side once for each record source that the LEA has for the year
    select
        recorded_leas.record_source,
        ours.*
    from ours
    inner join recorded_leas
        on ours.school_year = recorded_leas.school_year
        and ours.lea_code = recorded_leas.lea_code

),

paired as (

    select
        coalesce(expected.record_source, records.record_source) as record_source,
        coalesce(expected.school_year, records.school_year) as school_year,
        coalesce(expected.lea_code, records.lea_code) as lea_code,
        coalesce(expected.school_code, records.school_code) as school_code,
        coalesce(expected.student_key, records.student_key) as student_key,
        expected.student_key is not null as is_ours,
        records.student_key is not null as is_theirs,
        coalesce(expected.is_exempt, false) or coalesce(records.is_exempt, false) as is_exempt,
        expected.days_expected as our_days_expected,
        records.days_expected as their_days_expected,
        expected.days_absent as our_days_absent,
        records.days_absent as their_days_absent,
        coalesce(expected.days_partial, 0) as days_partial,
        coalesce(expected.days_unmapped, 0) as days_unmapped
    from expected
    full outer join records
        on expected.record_source = records.record_source
        and expected.school_year = records.school_year
        and expected.lea_code = records.lea_code
        and expected.school_code = records.school_code
        and expected.student_key = records.student_key

),

corrected as (

    -- attendance that was sent a second time, and when; what came once was never corrected
    select
        deliveries.sender as lea_code,
        deliveries.source as system,
        deliveries.covers_from,
        deliveries.covers_through,
        max(case when deliveries.standing = 'in_use' then deliveries.sent_at end) as corrected_at
    from {{ ref('stg_ledger__deliveries') }} as deliveries
    inner join {{ ref('attendance_files') }} as files
        on deliveries.source = files.system
        and deliveries.file = files.file
    group by
        deliveries.sender, deliveries.source, deliveries.file, deliveries.covers_from, deliveries.covers_through
    having count_if(deliveries.standing = 'replaced') > 0

),

corrections as (

    select
        years.lea_code,
        years.school_year,
        max(corrected.corrected_at) as corrected_at
    from {{ ref('int_sis_years') }} as years
    inner join corrected
        on years.lea_code = corrected.lea_code
        and years.system = corrected.system
        and corrected.covers_from <= {{ last_date_of('years.school_year') }}
        and corrected.covers_through >= {{ first_date_of('years.school_year') }}
    group by years.lea_code, years.school_year

),

sent as (

    -- when the LEA sent its record of the year
    select
        corrections.lea_code,
        corrections.school_year,
        corrections.corrected_at,
        max(case when deliveries.file = 'stas' then deliveries.sent_at end) as stas_sent_at,
        max(case when deliveries.file = 'report_14_2' then deliveries.sent_at end) as report_14_2_sent_at,
        max(case when deliveries.file = 'summary' then deliveries.sent_at end) as ahs_sent_at
    from corrections
    inner join {{ ref('stg_ledger__deliveries') }} as deliveries
        on corrections.lea_code = deliveries.sender
        and deliveries.covers_from <= {{ last_date_of('corrections.school_year') }}
        and deliveries.covers_through >= {{ first_date_of('corrections.school_year') }}
    where deliveries.standing = 'in_use'
    group by corrections.lea_code, corrections.school_year, corrections.corrected_at

),

judged as (

    select
        paired.*,
        tolerance.tolerance_days,
        abs(paired.our_days_expected - paired.their_days_expected) as gap_expected,
        abs(paired.our_days_absent - paired.their_days_absent) as gap_absent,
        recorded_schools.school_code is not null as has_recorded_school,
        daily_schools.school_code is not null as has_daily_school,
        coalesce(daily_schools.is_cut_short, false) as is_cut_short,
        coalesce(
            sent.corrected_at > case paired.record_source
                when 'stas' then sent.stas_sent_at
                when 'report_14_2' then sent.report_14_2_sent_at
                else sent.ahs_sent_at
            end,
            false
        ) as is_corrected_later
    from paired
    inner join tolerance on paired.record_source = tolerance.record_source
    left join recorded_schools
        on paired.record_source = recorded_schools.record_source
        and paired.school_year = recorded_schools.school_year
        and paired.lea_code = recorded_schools.lea_code
        and paired.school_code = recorded_schools.school_code
    left join daily_schools
        on paired.school_year = daily_schools.school_year
        and paired.lea_code = daily_schools.lea_code
        and paired.school_code = daily_schools.school_code
    left join sent
        on paired.school_year = sent.school_year
        and paired.lea_code = sent.lea_code

)

select
    record_source,
    school_year,
    lea_code,
    school_code,
    student_key,
    cast(our_days_expected as decimal(8, 2)) as our_days_expected,
    cast(their_days_expected as decimal(8, 2)) as their_days_expected,
    cast(our_days_absent as decimal(8, 2)) as our_days_absent,
    cast(their_days_absent as decimal(8, 2)) as their_days_absent,
    coalesce(gap_expected <= tolerance_days, false) as agrees_in_days_expected,
    coalesce(gap_absent <= tolerance_days, false) as agrees_in_days_absent,
    case
        when coalesce(gap_expected <= tolerance_days and gap_absent <= tolerance_days, false) then null
        when not has_recorded_school or not has_daily_school then 'missing_school'
        -- an exempt student has no days on one side, or is on one side alone
        when is_exempt then 'exempt'
        when not is_ours or not is_theirs then 'missing_student'
        when is_cut_short and their_days_expected > our_days_expected then 'days_not_submitted'
        when days_unmapped > 0 and greatest(gap_expected, gap_absent) <= days_unmapped + tolerance_days
            then 'unmapped_codes'
        when
            their_days_absent > our_days_absent
            and gap_expected <= tolerance_days
            and gap_absent <= days_partial + tolerance_days
            then 'partial_days'
        when is_corrected_later then 'late_corrections'
        else 'unexplained'
    end as cause
from judged
