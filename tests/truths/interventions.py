"""What interventions truly change: does the matched comparison's interval hold it, and does the naive change not?

The simulation knows for each intervention and day how likely the student was absent with it and without. The mart has
a difference of changes over the weeks after it; the truth in the same unit is the mean, over the same interventions, of
what each changed in those weeks, in points of the student's rate. The naive change is that of the thirty days before
and after, of everybody measured, with an interval of the same kind; its truth is that of the thirty days after.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from simulation.truth import beside
from tests.truths.checks import Asked, Check, Finding, Row

# Of 95 percent intervals, so many must hold the truth; of naive ones of a kind chosen when absence is high, so few may.
COVERS = 0.9
NAIVE_COVERS = 0.5
TRUTH = """
with days as (
    select md5(lea_code || '|' || intervention_id) as intervention_key, school_date, with_it - without as changed
    from read_parquet('{truth}')
),
after_weeks as (
    select pairs.intervention_key, 100 * avg(days.changed) as planted
    from intermediate.int_matched_interventions as pairs
    inner join days using (intervention_key)
    cross join (select value as weeks from reference.matching_rules where rule = 'weeks_compared') as rules
    where days.school_date >= pairs.index_week + interval 7 day
        and days.school_date < pairs.index_week + to_days(cast(7 + 7 * rules.weeks as integer))
    group by pairs.intervention_key
),
after_days as (
    select intervention_key, 100 * avg(days.changed) as planted
    from days
    inner join marts.interventions using (intervention_key)
    where days.school_date > start_date and days.school_date <= start_date + interval 30 day
    group by intervention_key
),
measured as (
    select
        type_code,
        school_code,
        after_days.planted,
        100 * (
            days_absent_after_30 / days_expected_after_30 - days_absent_before_30 / days_expected_before_30
        ) as change
    from marts.interventions
    inner join after_days using (intervention_key)
    where days_expected_before_30 >= 10 and days_expected_after_30 >= 10
),
naive as (
    select type_code, avg(planted) as naive_planted, avg(change) as naive
    from measured
    group by type_code
),
naive_by_school as (
    select type_code, school_code, count(*) as measured, sum(change - naive) as error
    from measured
    inner join naive using (type_code)
    group by type_code, school_code
),
naive_errors as (
    select
        type_code,
        power(sum(measured), 2) / sum(power(measured, 2)) as schools,
        sqrt(sum(power(error, 2))) / sum(measured) as error
    from naive_by_school
    group by type_code
),
naive_margins as (
    select type_code, error / sqrt(1 - 1 / schools) * max_by(t_quantile, degrees_of_freedom) as margin
    from naive_errors
    inner join reference.t_quantiles on degrees_of_freedom <= schools - 1
    group by type_code, error, schools
),
true_by_kind as (
    select type_code, avg(planted) as planted
    from after_weeks
    inner join marts.interventions using (intervention_key)
    group by type_code
)
select
    outcomes.type_code,
    outcomes.interventions_matched as matched,
    outcomes.interventions_measured as measured,
    true_by_kind.planted,
    cast(outcomes.matched_difference as double) as estimate,
    cast(outcomes.matched_lower as double) as lower,
    cast(outcomes.matched_upper as double) as upper,
    naive.naive_planted,
    naive.naive,
    naive.naive - naive_margins.margin as naive_lower,
    naive.naive + naive_margins.margin as naive_upper
from marts.intervention_outcomes as outcomes
left join true_by_kind using (type_code)
left join naive using (type_code)
left join naive_margins using (type_code)
where outcomes.entity_level = 'county'
    and outcomes.tier = 'all' and outcomes.term = 'all' and outcomes.reporting_category = 'TA'
order by outcomes.type_code
"""


def ask(county: Asked) -> list[Row]:
    """A row per kind: what is true, what the matched comparison says, what before and after alone say."""
    return county.rows(TRUTH.format(truth=beside(county.truth)))


def _holds(row: Row, truth: str, lower: str, upper: str) -> bool:
    """Within the interval; where there is none, it holds nothing."""
    return bool(row[lower] is not None and row[truth] is not None and row[lower] <= row[truth] <= row[upper])


def _of_kind(kind: str, rows: Sequence[Row]) -> Finding:
    covered = sum(_holds(row, "planted", "lower", "upper") for row in rows)
    naive = sum(_holds(row, "naive_planted", "naive_lower", "naive_upper") for row in rows)

    def average(name: str) -> float:
        return mean([float(row[name]) for row in rows if row[name] is not None] or [float("nan")])

    return Finding(
        what=f"{kind}: the interval holds what it changes",
        planted=len(rows),
        found=covered,
        missed=len(rows) - covered,
        # something where nothing was planted
        wrongly_found=sum(row["planted"] == 0 and not _holds(row, "planted", "lower", "upper") for row in rows),
        passes=covered >= COVERS * len(rows) and naive <= NAIVE_COVERS * len(rows),
        said=(
            f"planted {average('planted'):+.2f} points, matched {average('estimate'):+.2f} "
            f"({average('lower'):+.2f} to {average('upper'):+.2f}), of {average('matched'):.0f}; naive "
            f"{average('naive'):+.2f} where {average('naive_planted'):+.2f} is true, of {average('measured'):.0f}, "
            f"whose interval holds it {naive} times"
        ),
    )


def tell(rows: Sequence[Row]) -> list[Finding]:
    """A line per kind, and one for all of them."""
    kinds = sorted({str(row["type_code"]) for row in rows})
    return [_of_kind(kind, [row for row in rows if row["type_code"] == kind]) for kind in kinds] + (
        [_of_kind("any kind", rows)] if rows else []
    )


CHECK = Check("interventions", ("intervention_outcomes", "interventions"), ask, tell)
