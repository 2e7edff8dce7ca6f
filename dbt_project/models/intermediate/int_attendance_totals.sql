-- A student's days at an entity in a year, daily records and year summaries together.
with

summaries as (

    select * from {{ ref('stg_calpads__absence_summaries') }}

),

submissions as (

    select * from {{ ref('int_submissions') }}

),

spans as (

    -- what a span is worth, the same at each entity at which it counts
    select
        expected.stint_key,
        expected.first_date,
        expected.last_date,
        coalesce(summaries.is_exempt, false) as is_exempt,
        -- a day whose code nobody can explain is left out of both sides
        expected.days_expected - coalesce(absent.days_unmapped, 0) as days_expected,
        coalesce(absent.days_absent, 0) as days_absent,
        coalesce(absent.days_excused, 0) as days_excused,
        coalesce(absent.days_unexcused, 0) as days_unexcused,
        coalesce(absent.days_out_of_school_suspension, 0) as days_out_of_school_suspension,
        coalesce(absent.days_non_ada_independent_study, 0) as days_non_ada_independent_study,
        coalesce(absent.days_unmapped, 0) as days_unmapped,
        coalesce(absent.days_partial, 0) as days_partial,
        coalesce(absent.days_ada_independent_study, 0) as days_ada_independent_study,
        coalesce(absent.days_unverified, 0) as days_unverified,
        coalesce(absent.days_tardy, 0) as days_tardy,
        coalesce(absent.truancy_occasions, 0) as truancy_occasions,
        absent.last_occasion_date
    from {{ ref('int_days_expected') }} as expected
    left join {{ ref('int_days_absent') }} as absent on expected.span_number = absent.span_number
    -- a student is exempt at a school
    left join summaries
        on expected.school_year = summaries.school_year
        and expected.school_code = summaries.school_code
        and expected.student_key = summaries.student_key

),

at_school as (

    select
        stints.school_year,
        stints.entity_level,
        stints.cds_code,
        stints.student_key,
        spans.is_exempt,
        'daily' as attendance_source,
        spans.days_expected,
        spans.days_absent,
        spans.days_excused,
        spans.days_unexcused,
        spans.days_out_of_school_suspension,
        spans.days_non_ada_independent_study,
        spans.days_unmapped,
        spans.days_partial,
        spans.days_ada_independent_study,
        spans.days_unverified,
        spans.days_tardy,
        spans.truancy_occasions,
        spans.last_occasion_date
    from {{ ref('int_entity_stints') }} as stints
    inner join spans
        on stints.stint_key = spans.stint_key
        and stints.first_date = spans.first_date
        and stints.last_date = spans.last_date

    union all

    select
        summaries.school_year,
        entities.entity_level,
        entities.cds_code,
        summaries.student_key,
        summaries.is_exempt,
        'summary' as attendance_source,
        summaries.days_expected,
        -- a blank field is no day of that kind, and takes nothing from the others
        coalesce(summaries.days_excused, 0)
        + coalesce(summaries.days_unexcused, 0)
        + coalesce(summaries.days_out_of_school_suspension, 0)
        + coalesce(summaries.days_non_ada_independent_study, 0) as days_absent,
        summaries.days_excused,
        summaries.days_unexcused,
        summaries.days_out_of_school_suspension,
        summaries.days_non_ada_independent_study,
        -- a year summary cannot say
        cast(null as integer) as days_unmapped,
        cast(null as integer) as days_partial,
        summaries.days_ada_independent_study,
        cast(null as integer) as days_unverified,
        cast(null as integer) as days_tardy,
        cast(null as integer) as truancy_occasions,
        cast(null as date) as last_occasion_date
    from summaries
    inner join submissions
        on summaries.school_year = submissions.school_year
        and summaries.school_code = submissions.school_code
    inner join {{ ref('int_school_entities') }} as entities
        on summaries.lea_code = entities.lea_code
        and summaries.school_code = entities.school_code
    where submissions.attendance_source = 'summary'

),

recovered as (

    -- days of attendance recovery stand in year summaries alone, also where days arrive daily
    select
        summaries.school_year,
        entities.entity_level,
        entities.cds_code,
        summaries.student_key,
        sum(summaries.attendance_recovery_days) as days_recovered
    from summaries
    inner join {{ ref('int_school_entities') }} as entities
        on summaries.lea_code = entities.lea_code
        and summaries.school_code = entities.school_code
    where summaries.attendance_recovery_days is not null
    group by summaries.school_year, entities.entity_level, entities.cds_code, summaries.student_key

),

summed as (

    select
        school_year,
        entity_level,
        cds_code,
        student_key,
        -- exempt at every school of the entity; where only at some, the other schools' days count
        min(case when is_exempt then 1 else 0 end) = 1 as is_exempt,
        case
            when min(attendance_source) = max(attendance_source) then min(attendance_source)
            else 'mixed'
        end as attendance_source,
        cast(sum(case when is_exempt then 0 else coalesce(days_expected, 0) end) as decimal(8, 2)) as days_expected,
        cast(sum(case when is_exempt then 0 else coalesce(days_absent, 0) end) as decimal(8, 2)) as days_absent,
        cast(sum(case when is_exempt then 0 else coalesce(days_excused, 0) end) as decimal(8, 2)) as days_excused,
        cast(sum(case when is_exempt then 0 else coalesce(days_unexcused, 0) end) as decimal(8, 2)) as days_unexcused,
        cast(sum(case when is_exempt then 0 else coalesce(days_out_of_school_suspension, 0) end) as decimal(8, 2))
            as days_out_of_school_suspension,
        cast(sum(case when is_exempt then 0 else coalesce(days_non_ada_independent_study, 0) end) as decimal(8, 2))
            as days_non_ada_independent_study,
        cast(sum(days_unmapped) as decimal(8, 2)) as days_unmapped,
        cast(sum(days_partial) as decimal(8, 2)) as days_partial,
        cast(sum(case when is_exempt then 0 else coalesce(days_ada_independent_study, 0) end) as decimal(8, 2))
            as days_ada_independent_study,
        cast(sum(days_unverified) as decimal(8, 2)) as days_unverified,
        cast(sum(days_tardy) as decimal(8, 2)) as days_tardy,
        cast(sum(truancy_occasions) as integer) as truancy_occasions,
        max(last_occasion_date) as last_occasion_date
    from at_school
    group by school_year, entity_level, cds_code, student_key

)

select
    summed.*,
    cast(recovered.days_recovered as decimal(8, 2)) as days_recovered
from summed
left join recovered
    on summed.school_year = recovered.school_year
    and summed.entity_level = recovered.entity_level
    and summed.cds_code = recovered.cds_code
    and summed.student_key = recovered.student_key
