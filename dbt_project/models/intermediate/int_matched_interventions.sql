-- Interventions beside students who are alike and had none: absence of both before and after, on the same dates.
with

weeks as (

    select *
    from {{ ref('int_matching_weeks') }}
    where intervention_key is not null

),

cells as (

    -- one row per cell; its figures stand with each of its schools
    select distinct
        school_year,
        district_cds_code,
        grade_span,
        index_week,
        band_so_far,
        band_before,
        students_in_cell,
        rate_before_in_cell,
        rate_longer_in_cell,
        rate_longest_in_cell,
        rate_after_in_cell
    from {{ ref('int_comparison_cells') }}

),

rules as (

    select value as minimum_in_cell
    from {{ ref('matching_rules') }}
    where rule = 'minimum_in_cell'

)

select
    weeks.intervention_key,
    weeks.school_year,
    weeks.district_cds_code,
    weeks.school_code,
    weeks.student_number,
    weeks.grade_span,
    weeks.index_week,
    weeks.band_so_far,
    weeks.band_before,
    cells.students_in_cell,
    weeks.rate_after,
    weeks.rate_after - weeks.rate_before as change,
    cells.rate_after_in_cell - cells.rate_before_in_cell as change_in_cell,
    cast(weeks.rate_longer as double) - cells.rate_longer_in_cell as difference_longer,
    cast(weeks.rate_longest as double) - cells.rate_longest_in_cell as difference_longest
from weeks
cross join rules
inner join cells
    on weeks.school_year = cells.school_year
    and weeks.district_cds_code = cells.district_cds_code
    and weeks.grade_span = cells.grade_span
    and weeks.index_week = cells.index_week
    and weeks.band_so_far = cells.band_so_far
    and weeks.band_before = cells.band_before
where cells.students_in_cell >= rules.minimum_in_cell
