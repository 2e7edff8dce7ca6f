-- A student's days at an entity in a year, daily records and year summaries together.
with

daily as (

    -- per school first, because a student is exempt at a school
    select
        expected.school_year,
        expected.entity_level,
        expected.cds_code,
        expected.student_key,
        expected.school_code,
        -- a day whose code nobody can explain is left out of both sides
        sum(expected.days_expected - coalesce(absent.days_unmapped, 0)) as days_expected,
        sum(coalesce(absent.days_absent, 0)) as days_absent,
        sum(coalesce(absent.days_excused, 0)) as days_excused,
        sum(coalesce(absent.days_unexcused, 0)) as days_unexcused,
        sum(coalesce(absent.days_out_of_school_suspension, 0)) as days_out_of_school_suspension,
        sum(coalesce(absent.days_non_ada_independent_study, 0)) as days_non_ada_independent_study,
        sum(coalesce(absent.days_unmapped, 0)) as days_unmapped,
        sum(coalesce(absent.days_partial, 0)) as days_partial
    from {{ ref('int_days_expected') }} as expected
    left join {{ ref('int_days_absent') }} as absent
        on expected.entity_stint_key = absent.entity_stint_key
    group by
        expected.school_year,
        expected.entity_level,
        expected.cds_code,
        expected.student_key,
        expected.school_code

),

summaries as (

    select * from {{ ref('stg_calpads__absence_summaries') }}

),

submissions as (

    select * from {{ ref('int_submissions') }}

),

at_school as (

    select
        daily.school_year,
        daily.entity_level,
        daily.cds_code,
        daily.student_key,
        coalesce(summaries.is_exempt, false) as is_exempt,
        'daily' as attendance_source,
        daily.days_expected,
        daily.days_absent,
        daily.days_excused,
        daily.days_unexcused,
        daily.days_out_of_school_suspension,
        daily.days_non_ada_independent_study,
        daily.days_unmapped,
        daily.days_partial
    from daily
    left join summaries
        on daily.school_year = summaries.school_year
        and daily.school_code = summaries.school_code
        and daily.student_key = summaries.student_key

    union all

    select
        summaries.school_year,
        entities.entity_level,
        entities.cds_code,
        summaries.student_key,
        summaries.is_exempt,
        'summary' as attendance_source,
        summaries.days_expected,
        summaries.days_excused
        + summaries.days_unexcused
        + summaries.days_out_of_school_suspension
        + summaries.days_non_ada_independent_study as days_absent,
        summaries.days_excused,
        summaries.days_unexcused,
        summaries.days_out_of_school_suspension,
        summaries.days_non_ada_independent_study,
        -- a year summary cannot say
        cast(null as integer) as days_unmapped,
        cast(null as integer) as days_partial
    from summaries
    inner join submissions
        on summaries.school_year = submissions.school_year
        and summaries.school_code = submissions.school_code
    inner join {{ ref('int_school_entities') }} as entities
        on summaries.lea_code = entities.lea_code
        and summaries.school_code = entities.school_code
    where submissions.attendance_source = 'summary'

)

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
    cast(sum(days_partial) as decimal(8, 2)) as days_partial
from at_school
group by school_year, entity_level, cds_code, student_key
