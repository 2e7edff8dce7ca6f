-- Whether the probabilities of early_warning come true: students of a year that is over, by tenths of what was
-- predicted from the years before it.
with

over as (

    select calendar.school_year
    from {{ ref('int_calendar') }} as calendar
    cross join {{ ref('int_as_of') }} as as_of
    where calendar.in_session = 1
    group by calendar.school_year
    having max(calendar.calendar_date) <= max(as_of.as_of_date)

),

cells as (

    select
        probabilities.*,
        sum(probabilities.students) over year_month as students_of_month,
        sum(probabilities.students) over (
            partition by probabilities.school_year, probabilities.school_month
            order by
                probabilities.probability,
                probabilities.risk_bin,
                probabilities.last_year_band,
                probabilities.grade_span,
                probabilities.needed_step
            rows between unbounded preceding and current row
        ) as students_so_far
    from {{ ref('int_risk_probabilities') }} as probabilities
    inner join over on probabilities.school_year = over.school_year
    where probabilities.probability is not null
    window year_month as (partition by probabilities.school_year, probabilities.school_month)

),

placed as (

    -- a group of students who look alike stands in the tenth in which its middle lies
    select
        *,
        least(
            10,
            1 + floor(
                10 * (students_so_far - students / cast(2 as double)) / students_of_month
            )
        ) as decile
    from cells

)

select
    school_year,
    cast(school_month as integer) as school_month,
    cast(decile as integer) as decile,
    cast(sum(students) as integer) as students,
    cast(sum(students_chronic) as integer) as students_chronic,
    cast(round(100 * sum(probability * students) / sum(students), 1) as decimal(5, 1)) as predicted_rate,
    {{ percent('sum(students_chronic)', 'sum(students)') }} as observed_rate,
    cast(
        round(100 * (sum(probability * students) - sum(students_chronic)) / sum(students), 1) as decimal(5, 1)
    ) as gap_points
from placed
group by school_year, school_month, decile
