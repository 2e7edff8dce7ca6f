-- Difference in differences with its interval, by district and county: how much more absence changed of those who had
-- an intervention than of those who are alike and had none.
--
-- The estimate is the mean, over interventions, of the student's change less the mean change of the comparison students
-- of the same cell. Its variance counts schools as clusters: of each school what its treated and its comparison
-- students together add to the estimate's error, squared, and corrected for few schools. Unequal schools count like
-- fewer equal ones: (sum of n)^2 / sum of n^2, by which the squares are corrected and from which come the degrees of
-- freedom (Satterthwaite; Carter, Schnepel and Steigerwald 2017). A comparison student who serves several treated ones,
-- or several weeks, weighs as often, and within the one school: that is in it too.
{% set row = ['school_year', 'type_code', 'reporting_category', 'entity_level', 'cds_code', 'tier', 'term'] %}
{% set cell = ['school_year', 'district_cds_code', 'grade_span', 'index_week', 'band_so_far', 'band_before'] %}
with

matched as (

    select
        pairs.*,
        listed.type_code,
        coalesce(cast(listed.tier as string), 'not_stated') as tier,
        listed.term,
        grouped.reporting_category
    from {{ ref('int_matched_interventions') }} as pairs
    inner join {{ ref('int_intervention_students') }} as listed on pairs.intervention_key = listed.intervention_key
    inner join {{ ref('int_intervention_groups') }} as grouped on pairs.intervention_key = grouped.intervention_key

),

treated as (

    select
        school_year,
        district_cds_code,
        type_code,
        reporting_category,
        tier,
        term,
        school_code,
        count(*) as interventions,
        -- added up as decimals, whose sum is the same in any order: a mean that lies halfway is then rounded alike
        sum(cast(rate_after as decimal(18, 8))) as rate_after_sum,
        sum(cast(change as decimal(18, 8))) as change_sum,
        sum(cast(change_in_cell as decimal(18, 8))) as change_in_cell_sum,
        sum(cast(difference_longer as decimal(18, 8))) as difference_longer_sum,
        sum(cast(difference_longest as decimal(18, 8))) as difference_longest_sum,
        cast(0 as decimal(18, 8)) as comparison_error
    from matched
    group by school_year, district_cds_code, type_code, reporting_category, tier, term, school_code

),

weights as (

    -- how often a cell's comparison students are asked for
    select
        school_year,
        district_cds_code,
        grade_span,
        index_week,
        band_so_far,
        band_before,
        type_code,
        reporting_category,
        tier,
        term,
        count(*) as interventions,
        max(students_in_cell) as students_in_cell
    from matched
    group by {{ cell | join(', ') }}, type_code, reporting_category, tier, term

),

compared as (

    -- how far each school's comparison students lie off the means of their cells
    select
        weights.school_year,
        weights.district_cds_code,
        weights.type_code,
        weights.reporting_category,
        weights.tier,
        weights.term,
        cells.school_code,
        0 as interventions,
        cast(0 as decimal(18, 8)) as rate_after_sum,
        cast(0 as decimal(18, 8)) as change_sum,
        cast(0 as decimal(18, 8)) as change_in_cell_sum,
        cast(0 as decimal(18, 8)) as difference_longer_sum,
        cast(0 as decimal(18, 8)) as difference_longest_sum,
        sum(
            cast(
                (
                    cast(cells.change_sum as double)
                    - cells.students * (cells.rate_after_in_cell - cells.rate_before_in_cell)
                ) * weights.interventions / weights.students_in_cell as decimal(18, 8)
            )
        ) as comparison_error
    from weights
    inner join {{ ref('int_comparison_cells') }} as cells
        on weights.school_year = cells.school_year
        and weights.district_cds_code = cells.district_cds_code
        and weights.grade_span = cells.grade_span
        and weights.index_week = cells.index_week
        and weights.band_so_far = cells.band_so_far
        and weights.band_before = cells.band_before
    group by
        weights.school_year,
        weights.district_cds_code,
        weights.type_code,
        weights.reporting_category,
        weights.tier,
        weights.term,
        cells.school_code

),

both_sides as (

    select * from treated

    union all

    select * from compared

),

levels as (

    -- each tier and term by itself, and all of them: totals are counted anew and not added up
    {% for by_tier, by_term in [('true', 'true'), ('true', 'false'), ('false', 'true')] %}
        select
            {{ by_tier }} as by_tier,
            {{ by_term }} as by_term

        union all

    {% endfor %}
    select
        false as by_tier,
        false as by_term

),

entities as (

    -- one row per district, entity that it counts for, and level of detail
    select distinct
        schools.entity_level,
        schools.cds_code,
        districts.cds_code as district_cds_code,
        levels.by_tier,
        levels.by_term
    from {{ ref('int_school_entities') }} as schools
    inner join {{ ref('int_school_entities') }} as districts
        on schools.lea_code = districts.lea_code
        and schools.school_code = districts.school_code
    cross join levels
    where
        schools.entity_level in ('county', 'district')
        and districts.entity_level = 'district'

),

by_school as (

    select
        both_sides.school_year,
        both_sides.type_code,
        both_sides.reporting_category,
        entities.entity_level,
        entities.cds_code,
        case when entities.by_tier then both_sides.tier else 'all' end as tier,
        case when entities.by_term then both_sides.term else 'all' end as term,
        both_sides.school_code,
        sum(both_sides.interventions) as interventions,
        sum(both_sides.rate_after_sum) as rate_after_sum,
        sum(both_sides.change_sum) as change_sum,
        sum(both_sides.change_in_cell_sum) as change_in_cell_sum,
        sum(both_sides.difference_longer_sum) as difference_longer_sum,
        sum(both_sides.difference_longest_sum) as difference_longest_sum,
        sum(both_sides.comparison_error) as comparison_error
    from both_sides
    inner join entities on both_sides.district_cds_code = entities.district_cds_code
    group by
        both_sides.school_year,
        both_sides.type_code,
        both_sides.reporting_category,
        entities.entity_level,
        entities.cds_code,
        case when entities.by_tier then both_sides.tier else 'all' end,
        case when entities.by_term then both_sides.term else 'all' end,
        both_sides.school_code

),

estimated as (

    select
        *,
        sum(interventions) over all_schools as interventions_matched,
        cast(sum(change_sum - change_in_cell_sum) over all_schools as double)
        / sum(interventions) over all_schools as difference
    from by_school
    window all_schools as (partition by {{ row | join(', ') }})

),

judged as (

    select
        {{ row | join(',
        ') }},
        max(interventions_matched) as interventions_matched,
        count_if(interventions > 0) as schools_matched,
        power(max(interventions_matched), 2) / sum(power(interventions, 2)) as effective_schools,
        max(difference) as difference,
        cast(sum(change_sum) as double) / max(interventions_matched) as mean_change,
        cast(sum(change_in_cell_sum) as double) / max(interventions_matched) as mean_change_in_cell,
        cast(sum(rate_after_sum) as double) / max(interventions_matched) as mean_rate_after,
        cast(sum(difference_longer_sum) as double) / max(interventions_matched) as difference_longer,
        cast(sum(difference_longest_sum) as double) / max(interventions_matched) as difference_longest,
        -- what the treated and the comparison students of each school add to the error, together
        sum(
            power(
                cast(change_sum - change_in_cell_sum - comparison_error as double) - interventions * difference, 2
            )
        ) as squares
    from estimated
    group by {{ row | join(', ') }}

),

quantiles as (

    select
        degrees_of_freedom,
        t_quantile,
        lead(degrees_of_freedom) over (order by degrees_of_freedom) as next_degrees_of_freedom
    from {{ ref('t_quantiles') }}

),

students as (

    select
        matched.school_year,
        matched.type_code,
        matched.reporting_category,
        entities.entity_level,
        entities.cds_code,
        case when entities.by_tier then matched.tier else 'all' end as tier,
        case when entities.by_term then matched.term else 'all' end as term,
        count(distinct matched.student_number) as students_matched
    from matched
    inner join entities on matched.district_cds_code = entities.district_cds_code
    group by
        matched.school_year,
        matched.type_code,
        matched.reporting_category,
        entities.entity_level,
        entities.cds_code,
        case when entities.by_tier then matched.tier else 'all' end,
        case when entities.by_term then matched.term else 'all' end

),

asked as (

    -- each cell once, however many tiers and terms ask for it
    select
        weights.school_year,
        weights.type_code,
        weights.reporting_category,
        entities.entity_level,
        entities.cds_code,
        case when entities.by_tier then weights.tier else 'all' end as tier,
        case when entities.by_term then weights.term else 'all' end as term,
        weights.index_week,
        max(weights.students_in_cell) as students_in_cell
    from weights
    inner join entities on weights.district_cds_code = entities.district_cds_code
    group by
        weights.school_year,
        weights.type_code,
        weights.reporting_category,
        entities.entity_level,
        entities.cds_code,
        case when entities.by_tier then weights.tier else 'all' end,
        case when entities.by_term then weights.term else 'all' end,
        weights.index_week,
        weights.district_cds_code,
        weights.grade_span,
        weights.band_so_far,
        weights.band_before

),

by_week as (

    select
        {{ row | join(',
        ') }},
        index_week,
        sum(students_in_cell) as students
    from asked
    group by {{ row | join(', ') }}, index_week

),

comparison as (

    -- a student is in one cell of a week: the fullest week has so many different ones, and all weeks no fewer
    select
        {{ row | join(',
        ') }},
        max(students) as comparison_students
    from by_week
    group by {{ row | join(', ') }}

)

select
    {% for column in row %}
        judged.{{ column }},
    {% endfor %}
    cast(judged.interventions_matched as integer) as interventions_matched,
    cast(students.students_matched as integer) as students_matched,
    cast(comparison.comparison_students as integer) as comparison_students,
    cast(judged.schools_matched as integer) as schools_matched,
    judged.mean_rate_after,
    judged.mean_change,
    judged.mean_change_in_cell,
    judged.difference,
    judged.effective_schools,
    -- null where all are of one school, or nearly: the table begins with one degree of freedom
    case
        when quantiles.t_quantile is not null
            then
                quantiles.t_quantile
                * sqrt(judged.squares / (1 - 1 / judged.effective_schools))
                / judged.interventions_matched
    end as margin,
    judged.difference_longer,
    judged.difference_longest
from judged
inner join students
    on judged.school_year = students.school_year
    and judged.type_code = students.type_code
    and judged.reporting_category = students.reporting_category
    and judged.entity_level = students.entity_level
    and judged.cds_code = students.cds_code
    and judged.tier = students.tier
    and judged.term = students.term
inner join comparison
    on judged.school_year = comparison.school_year
    and judged.type_code = comparison.type_code
    and judged.reporting_category = comparison.reporting_category
    and judged.entity_level = comparison.entity_level
    and judged.cds_code = comparison.cds_code
    and judged.tier = comparison.tier
    and judged.term = comparison.term
-- between two rows of the table the lower one, whose quantile is the wider
left join quantiles
    on judged.effective_schools - 1 >= quantiles.degrees_of_freedom - 0.000001
    and judged.effective_schools - 1
    < coalesce(quantiles.next_degrees_of_freedom - 0.000001, judged.effective_schools)
