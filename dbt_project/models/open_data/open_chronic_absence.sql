{{ config(alias='chronic_absence') }}
-- A group in which nobody is has no row.
with

absence as (

    select * from {{ ref('chronic_absence') }}

),

counts as (

    select * from {{ ref('int_suppressed_counts') }}
    where topic = 'group'

)

select
    counts.school_year,
    counts.entity_level,
    counts.cds_code,
    counts.part as reporting_category,
    case when counts.suppression_reason is null then absence.eligible_enrollment end as eligible_enrollment,
    case when not counts.hides_chronic then absence.chronic_count end as chronic_count,
    case when not counts.hides_chronic then absence.chronic_rate end as chronic_rate,
    coalesce(counts.suppression_reason, case when counts.hides_chronic then 'all_or_none' end) as suppression_reason,
    'submitted' as submission_status
from counts
left join absence
    on counts.school_year = absence.school_year
    and counts.entity_level = absence.entity_level
    and counts.cds_code = absence.cds_code
    and counts.part = absence.reporting_category

union all

-- enrolled students and sent no attendance
select
    absence.school_year,
    absence.entity_level,
    absence.cds_code,
    absence.reporting_category,
    cast(null as integer) as eligible_enrollment,
    cast(null as integer) as chronic_count,
    cast(null as decimal(5, 1)) as chronic_rate,
    cast(null as string) as suppression_reason,
    absence.submission_status
from absence
inner join {{ ref('open_reporting_categories') }} as open_categories
    on absence.reporting_category = open_categories.reporting_category
where absence.submission_status <> 'submitted'
