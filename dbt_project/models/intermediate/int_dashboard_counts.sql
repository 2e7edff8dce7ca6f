-- The counts that the Dashboard's rule judges: each figure as it is, and ours also as they might be, at both sides of
-- every cut point. A color changes nowhere else, so that these few counts say where it does.
with

figures as (

    select * from {{ ref('int_dashboard_figures') }}

),

smallest as (

    select min(students) as smallest_size
    from {{ ref('dashboard_sizes') }}
    where rule = 'n_size'

),

colorable as (

    select
        figures.*,
        cast(figures.students as bigint) as now_students,
        cast(figures.prior_students as bigint) as before_students
    from figures
    cross join smallest
    where
        figures.basis = 'ours'
        and figures.students >= smallest.smallest_size
        and figures.prior_students >= smallest.smallest_size

),

cut_points as (

    -- A value rounds to a tenth, half away from zero: through 2.5 percent go all below 2.55, which are 255 of 10,000;
    -- through -3.0 points all up to -2.95, itself included.
    select
        measure,
        cast(through_value * 100 as bigint) + 5 as bound_hundredths,
        case when through_value < 0 then 0 else 1 end as lies_beyond,
        from_school_year,
        through_school_year
    from {{ ref('dashboard_cut_points') }}

),

bounds as (

    -- up to which number the counts lie within the cut point, as a fraction
    select
        colorable.*,
        case
            when cut_points.measure = 'status' then colorable.now_students * cut_points.bound_hundredths
            else
                colorable.now_students
                * (cut_points.bound_hundredths * colorable.before_students + 10000 * colorable.prior_chronic_count)
        end as bound,
        case when cut_points.measure = 'status' then 10000 else 10000 * colorable.before_students end as divisor,
        cut_points.lies_beyond
    from colorable
    inner join cut_points on {{ holds_in('cut_points', 'colorable.school_year') }}

),

largest as (

    select
        basis,
        school_year,
        entity_level,
        cds_code,
        student_group,
        students,
        prior_chronic_count,
        prior_students,
        chronic_count as actual_count,
        -- none where even no absent student lies beyond
        case when bound >= lies_beyond then {{ whole_quotient('bound - lies_beyond', 'divisor') }} else -1 end
            as largest_within
    from bounds

),

imagined as (

    -- distinct, because status and change may turn at one count
    select
        basis,
        school_year,
        entity_level,
        cds_code,
        student_group,
        students,
        prior_chronic_count,
        prior_students,
        actual_count,
        largest_within as chronic_count
    from largest

    union

    select
        basis,
        school_year,
        entity_level,
        cds_code,
        student_group,
        students,
        prior_chronic_count,
        prior_students,
        actual_count,
        largest_within + 1 as chronic_count
    from largest

)

select
    basis,
    school_year,
    entity_level,
    cds_code,
    student_group,
    chronic_count,
    students,
    prior_chronic_count,
    prior_students,
    true as is_actual
from figures

union all

select
    basis,
    school_year,
    entity_level,
    cds_code,
    student_group,
    cast(chronic_count as integer) as chronic_count,
    students,
    prior_chronic_count,
    prior_students,
    false as is_actual
from imagined
where
    chronic_count between 0 and students
    and chronic_count <> actual_count
