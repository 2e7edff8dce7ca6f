{{ config(alias='early_warning_calibration') }}
-- Whether the probabilities of early warning came true: the county's tenths of students, merged at both ends until
-- those who ended the year chronically absent are nowhere about ten or fewer, nor those who did not. Nothing is
-- hidden, so nothing can be subtracted. Counts are rounded: beside those of the year they would tell how many left in
-- its course.
with

{{ public_limits(['largest_hidden_group', 'rounded_to']) }},

county as (

    select county_code || '000000000000' as cds_code
    from {{ ref('stg_registry__county') }}

),

tenths as (

    select
        *,
        students - students_chronic as students_other,
        sum(students_chronic) over (
            partition by school_year, school_month order by decile
            rows between unbounded preceding and current row
        ) as chronic_so_far,
        sum(students - students_chronic) over (
            partition by school_year, school_month order by decile desc
            rows between unbounded preceding and current row
        ) as other_from_here
    from {{ ref('early_warning_calibration') }}

),

ends as (

    -- through which tenth the lowest are merged, and from which the highest
    select
        tenths.school_year,
        tenths.school_month,
        greatest(
            max(case when {{ is_about_small('tenths.students_chronic') }} then tenths.decile end),
            min(case when not {{ is_about_small('tenths.chronic_so_far') }} then tenths.decile end)
        ) as lowest_through,
        least(
            min(case when {{ is_about_small('tenths.students_other') }} then tenths.decile end),
            max(case when not {{ is_about_small('tenths.other_from_here') }} then tenths.decile end)
        ) as highest_from,
        bool_or({{ is_about_small('tenths.students_chronic') }}) as merges_lowest,
        bool_or({{ is_about_small('tenths.students_other') }}) as merges_highest
    from tenths
    cross join limits
    group by tenths.school_year, tenths.school_month

),

placed as (

    select
        tenths.*,
        case
            when ends.merges_lowest and tenths.decile <= ends.lowest_through then 'lowest'
            when ends.merges_highest and tenths.decile >= ends.highest_from then 'highest'
            else cast(tenths.decile as string)
        end as merged_into
    from tenths
    inner join ends
        on tenths.school_year = ends.school_year
        and tenths.school_month = ends.school_month

),

merged as (

    select
        school_year,
        school_month,
        merged_into,
        min(decile) as first_tenth,
        max(decile) as last_tenth,
        sum(students) as students,
        sum(students_chronic) as students_chronic,
        sum(students_other) as students_other,
        sum(predicted_rate * students) as predicted,
        sum(gap_points * students) as gap
    from placed
    group by school_year, school_month, merged_into

),

weighed as (

    select
        merged.*,
        min(merged.students_chronic) over year_month as fewest_chronic,
        min(merged.students_other) over year_month as fewest_other
    from merged
    window year_month as (partition by merged.school_year, merged.school_month)

)

select
    weighed.school_year,
    county.cds_code,
    weighed.school_month,
    weighed.first_tenth,
    weighed.last_tenth,
    {{ to_nearest_step('weighed.students') }} as students,
    {{ to_nearest_step('weighed.students_chronic') }} as students_chronic,
    cast(round(weighed.predicted / cast(weighed.students as double), 1) as decimal(5, 1)) as predicted_rate,
    {{ percent('weighed.students_chronic', 'weighed.students') }} as observed_rate,
    cast(round(weighed.gap / cast(weighed.students as double), 1) as decimal(5, 1)) as gap_points
from weighed
cross join county
cross join limits
-- in a month in which even merged tenths are small, nothing is told
where
    not {{ is_about_small('weighed.fewest_chronic') }}
    and not {{ is_about_small('weighed.fewest_other') }}
