with

totals as (

    select * from {{ ref('int_group_totals') }}

),

submissions as (

    select * from {{ ref('submissions') }}

),

grouped as (

    select * from totals

    union all

    -- all students once more, parted by whether they are chronically absent: categories of this layout alone
    select
        totals.school_year,
        totals.entity_level,
        totals.cds_code,
        case when totals.is_chronically_absent then 'CAY' else 'CAN' end as reporting_category,
        totals.grade,
        totals.charter_category,
        totals.is_chronically_absent,
        totals.students,
        totals.students_severe,
        totals.students_absent,
        totals.days_expected,
        totals.days_attended,
        totals.days_absent,
        totals.days_excused,
        totals.days_unexcused,
        totals.days_out_of_school_suspension,
        totals.days_non_ada_independent_study
    from totals
    where totals.reporting_category = 'TA'

),

counted as (

    select
        school_year,
        entity_level,
        cds_code,
        reporting_category,
        sum(students) as eligible_enrollment,
        sum(students_absent) as students_absent,
        sum(days_absent) as days_absent,
        sum(days_excused) as days_excused,
        sum(days_unexcused) as days_unexcused,
        sum(days_out_of_school_suspension) as days_out_of_school_suspension,
        sum(days_non_ada_independent_study) as days_non_ada_independent_study,
        'submitted' as submission_status
    from grouped
    group by school_year, entity_level, cds_code, reporting_category

),

united as (

    select * from counted

    union all

    -- an entity that enrolls students and submitted nothing is shown, without figures
    select
        school_year,
        entity_level,
        cds_code,
        'TA' as reporting_category,
        cast(null as bigint) as eligible_enrollment,
        cast(null as bigint) as students_absent,
        cast(null as decimal(14, 2)) as days_absent,
        cast(null as decimal(14, 2)) as days_excused,
        cast(null as decimal(14, 2)) as days_unexcused,
        cast(null as decimal(14, 2)) as days_out_of_school_suspension,
        cast(null as decimal(14, 2)) as days_non_ada_independent_study,
        'not_submitted' as submission_status
    from submissions
    where schools_submitted = 0

)

select
    school_year,
    entity_level,
    cds_code,
    {{ codes_of('entity_level', 'cds_code') }},
    reporting_category,
    cast(eligible_enrollment as integer) as eligible_enrollment,
    cast(students_absent as integer) as students_absent,
    {{ average('days_absent', 'students_absent') }} as average_days_absent,
    cast(days_absent as decimal(14, 2)) as days_absent,
    cast(days_excused as decimal(14, 2)) as days_excused,
    cast(days_unexcused as decimal(14, 2)) as days_unexcused,
    cast(days_out_of_school_suspension as decimal(14, 2)) as days_out_of_school_suspension,
    cast(days_non_ada_independent_study as decimal(14, 2)) as days_non_ada_independent_study,
    {{ percent('days_excused', 'days_absent') }} as percent_excused,
    {{ percent('days_unexcused', 'days_absent') }} as percent_unexcused,
    {{ percent('days_out_of_school_suspension', 'days_absent') }} as percent_out_of_school_suspension,
    {{ percent('days_non_ada_independent_study', 'days_absent') }} as percent_non_ada_independent_study,
    submission_status
from united
