-- How much better the probabilities of early_warning tell who will be chronically absent than last year's rate alone
-- does, in years that are over.
with

over as (

    -- the years that early_warning_calibration looks at
    select distinct
        school_year,
        school_month
    from {{ ref('early_warning_calibration') }}

),

scores as (

    {% for score, column in {'model': 'probability', 'last_year': 'probability_by_last_year'}.items() %}
        select
            probabilities.school_year,
            probabilities.school_month,
            '{{ score }}' as score,
            probabilities.{{ column }} as predicted,
            sum(probabilities.students) as students,
            sum(probabilities.students_chronic) as students_chronic
        from {{ ref('int_risk_probabilities') }} as probabilities
        inner join over
            on probabilities.school_year = over.school_year
            and probabilities.school_month = over.school_month
        where probabilities.{{ column }} is not null
        group by probabilities.school_year, probabilities.school_month, probabilities.{{ column }}
        {% if not loop.last %}
            union all

        {% endif %}
    {% endfor %}
),

ordered as (

    select
        *,
        cast(students - students_chronic as double) as students_other,
        cast(
            sum(students - students_chronic) over (
                partition by school_year, school_month, score
                order by predicted
                rows between unbounded preceding and current row
            ) as double
        ) as others_so_far
    from scores

),

summed as (

    select
        school_year,
        school_month,
        score,
        sum(students) as students,
        sum(students_chronic) as students_chronic,
        -- of all pairs of one who was and one who was not, those in which the one who was stood higher; a tie is half
        sum(students_chronic * (others_so_far - students_other / 2))
        / nullif(sum(students_chronic) * sum(students_other), 0) as pairs_in_order,
        sum(
            students_chronic * (1 - predicted) * (1 - predicted) + students_other * predicted * predicted
        ) / sum(students) as squared_error
    from ordered
    group by school_year, school_month, score

)

select
    scored.school_year,
    cast(scored.school_month as integer) as school_month,
    cast(scored.students as integer) as students,
    cast(scored.students_chronic as integer) as students_chronic,
    cast(round(scored.pairs_in_order, 3) as decimal(5, 3)) as ordered_pairs,
    cast(round(last_year.pairs_in_order, 3) as decimal(5, 3)) as ordered_pairs_by_last_year,
    cast(round(scored.pairs_in_order - last_year.pairs_in_order, 3) as decimal(5, 3)) as lead_in_pairs,
    cast(round(scored.squared_error, 4) as decimal(6, 4)) as squared_error,
    cast(round(last_year.squared_error, 4) as decimal(6, 4)) as squared_error_by_last_year
from summed as scored
inner join summed as last_year
    on scored.school_year = last_year.school_year
    and scored.school_month = last_year.school_month
    and last_year.score = 'last_year'
where scored.score = 'model'
