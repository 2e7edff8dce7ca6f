with

places as (

    -- a school, never a student: the survey names none, and the rate is the school's
    select
        school_year,
        grade,
        indicator_code,
        indicator_name,
        indicator_domain,
        respondents,
        value_percent,
        chronic_rate
    from {{ ref('school_climate') }}
    where
        entity_level = 'school'
        and respondent_group = 'all'
        and value_percent is not null
        and chronic_rate is not null

),

summed as (

    -- sums of decimals, which are the same in whatever order they are added
    select
        school_year,
        grade,
        indicator_code,
        min(indicator_name) as indicator_name,
        min(indicator_domain) as indicator_domain,
        count(*) as schools,
        sum(respondents) as respondents,
        cast(sum(value_percent) as double) as sum_x,
        cast(sum(chronic_rate) as double) as sum_y,
        cast(sum(value_percent * value_percent) as double) as sum_xx,
        cast(sum(chronic_rate * chronic_rate) as double) as sum_yy,
        cast(sum(value_percent * chronic_rate) as double) as sum_xy
    from places
    group by school_year, grade, indicator_code

),

spread as (

    select
        summed.*,
        summed.schools >= thresholds.value as is_told,
        summed.schools * summed.sum_xx - summed.sum_x * summed.sum_x as spread_x,
        summed.schools * summed.sum_yy - summed.sum_y * summed.sum_y as spread_y,
        summed.schools * summed.sum_xy - summed.sum_x * summed.sum_y as spread_xy
    from summed
    inner join {{ ref('association_thresholds') }} as thresholds on thresholds.rule = 'minimum_schools'

),

correlated as (

    -- none where every school answers alike, or all have one rate
    select
        *,
        case
            when is_told and spread_x > 0 and spread_y > 0 then spread_xy / sqrt(spread_x) / sqrt(spread_y)
        end as pearson,
        case when is_told and spread_x > 0 then spread_xy / spread_x end as slope
    from spread

),

transformed as (

    -- none where the schools lie on a line, or are three
    select
        correlated.*,
        case
            when abs(correlated.pearson) < 1 and correlated.schools > 3
                then ln((1 + correlated.pearson) / (1 - correlated.pearson)) / 2
        end as fisher_z,
        case when correlated.schools > 3 then quantiles.normal_quantile / sqrt(correlated.schools - 3) end as half_width
    from correlated
    inner join {{ ref('interval_quantiles') }} as quantiles on quantiles.measure = 'correlation'

),

bounded as (

    select
        *,
        exp(2 * (fisher_z - half_width)) as low_exponent,
        exp(2 * (fisher_z + half_width)) as high_exponent
    from transformed

)

select
    school_year,
    grade,
    indicator_code,
    indicator_name,
    indicator_domain,
    cast(schools as integer) as schools,
    cast(respondents as integer) as respondents,
    cast(round(pearson, 2) as decimal(4, 2)) as pearson_correlation,
    cast(round((low_exponent - 1) / (low_exponent + 1), 2) as decimal(4, 2)) as correlation_low,
    cast(round((high_exponent - 1) / (high_exponent + 1), 2) as decimal(4, 2)) as correlation_high,
    cast(round(slope, 3) as decimal(10, 3)) as slope
from bounded
