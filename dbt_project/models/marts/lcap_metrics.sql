with

leas as (

    -- every charter has an LCAP of its own, whoever reports for it; a district's is of its other schools
    select
        entity_level,
        cds_code,
        entity_name,
        coalesce(is_charter, false) as is_charter
    from {{ ref('dim_entities') }}
    where entity_level = 'district' or is_charter

),

counted as (

    select
        totals.school_year,
        totals.entity_level,
        totals.cds_code,
        leas.entity_name as lea_name,
        leas.is_charter,
        totals.reporting_category,
        sum(totals.students) as students,
        sum(case when totals.is_chronically_absent then totals.students else 0 end) as chronic_count,
        sum(totals.days_attended) as days_attended,
        sum(totals.days_expected) as days_expected
    from {{ ref('int_group_totals') }} as totals
    inner join leas
        on totals.entity_level = leas.entity_level
        and totals.cds_code = leas.cds_code
    inner join {{ ref('open_reporting_categories') }} as categories
        on totals.reporting_category = categories.reporting_category
    left join {{ ref('school_groups') }} as charters
        on totals.charter_category = charters.reporting_category
        and charters.school_trait = 'charter'
        and charters.trait_value = 'true'
    where charters.reporting_category is null
    group by
        totals.school_year, totals.entity_level, totals.cds_code, leas.entity_name, leas.is_charter,
        totals.reporting_category

),

measured as (

    select
        *,
        'chronic_absenteeism_rate' as metric_code,
        cast(chronic_count as decimal(14, 2)) as numerator,
        cast(students as decimal(14, 2)) as denominator,
        cast({{ percent('chronic_count', 'students') }} as decimal(6, 2)) as metric_value
    from counted

    union all

    select
        *,
        'attendance_rate' as metric_code,
        cast(days_attended as decimal(14, 2)) as numerator,
        cast(days_expected as decimal(14, 2)) as denominator,
        {{ percent('days_attended', 'days_expected', decimals=2) }} as metric_value
    from counted

),

sized as (

    select
        measured.*,
        measured.students >= coalesce(own_size.students, any_size.students) as is_numerically_significant
    from measured
    left join {{ ref('dashboard_groups') }} as dashboard on measured.reporting_category = dashboard.reporting_category
    inner join {{ ref('dashboard_sizes') }} as any_size
        on any_size.rule = 'n_size'
        and any_size.student_group = 'all'
        and {{ holds_in('any_size', 'measured.school_year') }}
    left join {{ ref('dashboard_sizes') }} as own_size
        on own_size.rule = 'n_size'
        -- of an LEA, a charter too
        and own_size.entity_level = 'district'
        and dashboard.student_group = own_size.student_group
        and {{ holds_in('own_size', 'measured.school_year') }}

)

select
    sized.school_year,
    sized.entity_level,
    sized.cds_code,
    {{ codes_of('sized.entity_level', 'sized.cds_code') }},
    sized.lea_name,
    sized.is_charter,
    sized.reporting_category,
    sized.metric_code,
    metrics.metric_name,
    metrics.unit,
    cast(sized.students as integer) as students,
    sized.numerator,
    sized.denominator,
    sized.metric_value,
    previous.metric_value as prior_metric_value,
    sized.is_numerically_significant
from sized
inner join {{ ref('lcap_metric_names') }} as metrics on sized.metric_code = metrics.metric_code
left join measured as previous
    on {{ year_before('sized.school_year') }} = previous.school_year
    and sized.cds_code = previous.cds_code
    and sized.reporting_category = previous.reporting_category
    and sized.metric_code = previous.metric_code
