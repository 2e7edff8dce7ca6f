with

counted as (

    select
        school_year,
        entity_level,
        cds_code,
        reporting_category,
        sum(students) as eligible_enrollment,
        sum(case when is_chronically_absent then students else 0 end) as chronic_count,
        sum(students_severe) as severe_count,
        sum(days_expected) as days_expected,
        sum(days_attended) as days_attended
    from {{ ref('int_group_totals') }}
    group by school_year, entity_level, cds_code, reporting_category

),

silent as (

    -- an entity that enrolls students and submitted nothing is shown, without figures
    select
        school_year,
        entity_level,
        cds_code
    from {{ ref('submissions') }}
    where schools_submitted = 0

),

beside as (

    -- each group beside all others at the entity, and beside the same group of the county
    select
        counted.*,
        total.eligible_enrollment - counted.eligible_enrollment as other_enrollment,
        total.chronic_count - counted.chronic_count as other_chronic,
        county.eligible_enrollment as county_enrollment,
        county.chronic_count as county_chronic
    from counted
    inner join counted as total
        on counted.school_year = total.school_year
        and counted.entity_level = total.entity_level
        and counted.cds_code = total.cds_code
        and total.reporting_category = 'TA'
    left join counted as county
        on counted.school_year = county.school_year
        and counted.reporting_category = county.reporting_category
        and county.entity_level = 'county'

),

compared as (

    -- no ratio where one of the four is nobody: the interval's width would have no end
    select
        *,
        least(
            chronic_count, eligible_enrollment - chronic_count, other_chronic, other_enrollment - other_chronic
        ) > 0 as has_ratio
    from beside

),

ratios as (

    select
        compared.*,
        case
            when compared.has_ratio
                then
                    cast(compared.chronic_count as double) / compared.eligible_enrollment
                    / (cast(compared.other_chronic as double) / compared.other_enrollment)
        end as ratio,
        case
            when compared.has_ratio
                then quantiles.normal_quantile * sqrt(
                    cast(1 as double) / compared.chronic_count
                    - cast(1 as double) / compared.eligible_enrollment
                    + cast(1 as double) / compared.other_chronic
                    - cast(1 as double) / compared.other_enrollment
                )
        end as log_half_width
    from compared
    inner join {{ ref('interval_quantiles') }} as quantiles on quantiles.measure = 'risk_ratio'

),

united as (

    select
        school_year,
        entity_level,
        cds_code,
        reporting_category,
        eligible_enrollment,
        chronic_count,
        severe_count,
        days_expected,
        days_attended,
        ratio,
        log_half_width,
        county_enrollment,
        county_chronic,
        'submitted' as submission_status
    from ratios

    union all

    select
        school_year,
        entity_level,
        cds_code,
        'TA' as reporting_category,
        cast(null as bigint) as eligible_enrollment,
        cast(null as bigint) as chronic_count,
        cast(null as bigint) as severe_count,
        cast(null as decimal(14, 2)) as days_expected,
        cast(null as decimal(14, 2)) as days_attended,
        cast(null as double) as ratio,
        cast(null as double) as log_half_width,
        cast(null as bigint) as county_enrollment,
        cast(null as bigint) as county_chronic,
        'not_submitted' as submission_status
    from silent

)

select
    school_year,
    entity_level,
    cds_code,
    {{ codes_of('entity_level', 'cds_code') }},
    reporting_category,
    cast(eligible_enrollment as integer) as eligible_enrollment,
    cast(chronic_count as integer) as chronic_count,
    {{ percent('chronic_count', 'eligible_enrollment') }} as chronic_rate,
    cast(severe_count as integer) as severe_count,
    {{ percent('severe_count', 'eligible_enrollment') }} as severe_rate,
    cast(days_expected as decimal(14, 2)) as days_expected,
    cast(days_attended as decimal(14, 2)) as days_attended,
    {{ percent('days_attended', 'days_expected', decimals=2) }} as attendance_rate,
    cast(round(ratio, 2) as decimal(12, 2)) as risk_ratio,
    cast(round(ratio * exp(-log_half_width), 2) as decimal(12, 2)) as risk_ratio_low,
    cast(round(ratio * exp(log_half_width), 2) as decimal(12, 2)) as risk_ratio_high,
    {{ points_above('chronic_count', 'eligible_enrollment', 'county_chronic', 'county_enrollment') }}
        as points_above_county,
    submission_status
from united
