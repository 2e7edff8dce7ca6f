-- Comparison students who are alike, added up by their school: as many rows as there are kinds of students, however
-- many students there are. Cells without a treated student are left out.
with

weeks as (

    select * from {{ ref('int_matching_weeks') }}

),

treated as (

    -- one row per cell with a treated student
    select distinct
        school_year,
        district_cds_code,
        grade_span,
        index_week,
        band_so_far,
        band_before
    from weeks
    where intervention_key is not null

),

by_school as (

    select
        weeks.school_year,
        weeks.district_cds_code,
        weeks.grade_span,
        weeks.index_week,
        weeks.band_so_far,
        weeks.band_before,
        weeks.school_code,
        {% for name in ['before', 'longer', 'longest', 'after'] %}
            sum(weeks.rate_{{ name }}) as rate_{{ name }}_sum,
        {% endfor %}
        count(*) as students
    from weeks
    inner join treated
        on weeks.school_year = treated.school_year
        and weeks.district_cds_code = treated.district_cds_code
        and weeks.grade_span = treated.grade_span
        and weeks.index_week = treated.index_week
        and weeks.band_so_far = treated.band_so_far
        and weeks.band_before = treated.band_before
    where weeks.intervention_key is null
    group by
        weeks.school_year,
        weeks.district_cds_code,
        weeks.grade_span,
        weeks.index_week,
        weeks.band_so_far,
        weeks.band_before,
        weeks.school_code

)

select
    school_year,
    district_cds_code,
    grade_span,
    index_week,
    band_so_far,
    band_before,
    school_code,
    cast(students as integer) as students,
    cast(sum(students) over cell as integer) as students_in_cell,
    {% for name in ['before', 'longer', 'longest', 'after'] %}
        cast(sum(rate_{{ name }}_sum) over cell as double) / sum(students) over cell as rate_{{ name }}_in_cell,
    {% endfor %}
    rate_after_sum - rate_before_sum as change_sum
from by_school
window cell as (partition by school_year, district_cds_code, grade_span, index_week, band_so_far, band_before)
