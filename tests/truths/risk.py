"""Do the probabilities of early warning come true? Learned from three simulated years, asked of the fourth.

In each tenth of the students by probability, what was predicted and what came are set side by side: over all months
together, where they must not lie further apart than three points, and month by month, which the report tells. More is
missed in the years before than in the one that is asked (simulation.attendance.BEFORE_2023).
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.truths.checks import Asked, Check, Finding, Row, Size

POINTS = 3.0
FEWEST_STUDENTS = 200
# Of the tenths of single months, chance alone puts a few further apart.
SHARE_OF_MONTHS = 0.95
LAST = "(select max(school_year) from marts.early_warning_calibration)"


def ask(county: Asked) -> list[Row]:
    """A row per month and tenth, and one per month for the lead over last year's rate."""
    tenths = county.rows(
        "select school_month, decile, students, students_chronic, cast(predicted_rate as double) as predicted"
        f" from marts.early_warning_calibration where school_year = {LAST}"
    )
    leads = county.rows(
        "select school_month, cast(lead_in_pairs as double) as lead, cast(ordered_pairs as double) as pairs"
        f" from marts.early_warning_skill where school_year = {LAST}"
    )
    return [*tenths, *leads]


def _gap(rows: Sequence[Row]) -> float:
    """Predicted less observed, in points, over all students of some rows."""
    students = sum(row["students"] for row in rows)
    predicted = sum(row["predicted"] * row["students"] for row in rows)
    return float(predicted - 100 * sum(row["students_chronic"] for row in rows)) / float(students)


def tell(rows: Sequence[Row]) -> list[Finding]:
    """Tenths of all months together, tenths of single months, and the lead over last year's rate."""
    tenths = [row for row in rows if "decile" in row]
    leads = [row for row in rows if "lead" in row]
    if not tenths:
        return []
    groups = [
        [row for row in tenths if (row["seed"], row["decile"]) == key]
        for key in sorted({(row["seed"], row["decile"]) for row in tenths})
    ]
    together = [_gap(group) for group in groups if sum(row["students"] for row in group) >= FEWEST_STUDENTS]
    single = [_gap([row]) for row in tenths if row["students"] >= FEWEST_STUDENTS]
    within, alone = (sum(abs(gap) <= POINTS for gap in gaps) for gaps in (together, single))
    ahead = sum(row["lead"] > 0 for row in leads)
    return [
        Finding(
            f"tenth of students within {POINTS:g} points of its probability",
            len(together),
            within,
            len(together) - within,
            0,
            within == len(together),
            f"furthest {max(map(abs, together)):.1f} points",
        ),
        Finding(
            "the same in a single month",
            len(single),
            alone,
            len(single) - alone,
            0,
            alone >= SHARE_OF_MONTHS * len(single),
            f"furthest {max(map(abs, single)):.1f} points; tenths of {min(row['students'] for row in tenths)} or more",
        ),
        Finding(
            "month in which the probability tells more than last year's rate",
            len(leads),
            ahead,
            len(leads) - ahead,
            0,
            ahead == len(leads),
            f"pairs in order {min(row['pairs'] for row in leads):.2f} to {max(row['pairs'] for row in leads):.2f}",
        ),
    ]


CHECK = Check(
    "risk",
    ("early_warning_calibration", "early_warning_skill"),
    ask,
    tell,
    Size(("2020-21", "2021-22", "2022-23", "2023-24"), students=30_000, seeds=2, kinds=("sis",)),
)
