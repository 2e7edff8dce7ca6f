-- Tests: every group of chronic_absence has its reasons and the same enrollment, and so many are chronically absent as
-- CAY says. Matters when: students are put into groups elsewhere than in int_group_totals. To resolve: do not.
with

reasons as (

    select * from {{ ref('absence_by_reason') }}
    where reporting_category not in ('CAY', 'CAN')

),

chronic as (

    select * from {{ ref('absence_by_reason') }}
    where reporting_category = 'CAY'

)

select
    coalesce(absence.cds_code, reasons.cds_code) as cds_code,
    coalesce(absence.school_year, reasons.school_year) as school_year,
    coalesce(absence.reporting_category, reasons.reporting_category) as reporting_category
from {{ ref('chronic_absence') }} as absence
full outer join reasons
    on absence.school_year = reasons.school_year
    and absence.entity_level = reasons.entity_level
    and absence.cds_code = reasons.cds_code
    and absence.reporting_category = reasons.reporting_category
left join chronic
    on absence.school_year = chronic.school_year
    and absence.entity_level = chronic.entity_level
    and absence.cds_code = chronic.cds_code
    and absence.reporting_category = 'TA'
where
    absence.cds_code is null
    or reasons.cds_code is null
    or absence.submission_status <> reasons.submission_status
    or coalesce(absence.eligible_enrollment, -1) <> coalesce(reasons.eligible_enrollment, -1)
    or (
        absence.reporting_category = 'TA'
        and coalesce(absence.chronic_count, 0) <> coalesce(chronic.eligible_enrollment, 0)
    )
