-- Whether a count is like the state's is told only where open_data.chronic_absence has the count itself.
select
    figures.school_year,
    figures.lea_code,
    figures.check_code
from {{ ref('open_reconciliation') }} as figures
inner join {{ ref('reconciliation_checks') }} as checks on figures.check_code = checks.check_code
left join {{ ref('open_chronic_absence') }} as shown
    on figures.school_year = shown.school_year
    and figures.entity_level = shown.entity_level
    and figures.cds_code = shown.cds_code
    and case when checks.record_source = 'dashboard' then 'GRTK8' else 'TA' end = shown.reporting_category
where
    figures.suppression_reason is null
    and (
        shown.eligible_enrollment is null
        or (checks.measure = 'chronic_count' and shown.chronic_count is null)
    )
