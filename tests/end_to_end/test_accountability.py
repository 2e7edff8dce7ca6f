"""The Dashboard's color of our own figures, and the nearest counts of another one: tried count by count, by hand."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from tests.end_to_end.conftest import County

# By status from very low to very high, then by change from increased to declined significantly; 1 red to 5 blue.
GRID = {5: (3, 4, 5, 5, 5), 4: (2, 3, 4, 4, 5), 3: (2, 2, 3, 4, 4), 2: (1, 2, 2, 3, 3), 1: (1, 1, 1, 2, 3)}
STATUS = ((Fraction("2.5"), 5), (Fraction(5), 4), (Fraction(10), 3), (Fraction(20), 2), (Fraction(100), 1))
CHANGE = (
    (Fraction(-3), 5),
    (Fraction("-0.5"), 4),
    (Fraction("0.4"), 3),
    (Fraction(3), 2),
    (Fraction(100), 1),
)
FOLDED = {1: 2, 5: 4}


def rounded(value: Fraction) -> Fraction:
    """To a tenth, half away from zero."""
    tenths = Fraction(floor(abs(value) * 10 + Fraction(1, 2)), 10)
    return tenths if value >= 0 else -tenths


def color(chronic: int, students: int, prior_chronic: int, prior_students: int) -> int:
    """The color of a count, all else given."""
    rate, prior = Fraction(100 * chronic, students), Fraction(100 * prior_chronic, prior_students)
    status = next(level for through, level in STATUS if rounded(rate) <= through)
    change = next(level for through, level in CHANGE if rounded(rate - prior) <= through)
    return GRID[status][(FOLDED.get(change, change) if students < 150 else change) - 1]


def test_no_count_between_is_of_another_color_than_the_mart_says(county: County) -> None:
    rows = county.ask(
        "select chronic_count, students, prior_chronic_count, prior_students, color_level, better_color_level,"
        " chronic_count_for_better_color, worse_color_level, chronic_count_for_worse_color"
        " from marts.accountability where color_level is not null"
    )
    assert len(rows) > 150
    assert {row["color_level"] for row in rows} == {1, 2, 3, 4, 5}
    for row in rows:
        now, students = row["chronic_count"], row["students"]
        colors = [
            color(count, students, row["prior_chronic_count"], row["prior_students"]) for count in range(students + 1)
        ]
        assert colors[now] == row["color_level"]
        better = next((count for count in range(now, -1, -1) if colors[count] > colors[now]), None)
        worse = next((count for count in range(now, students + 1) if colors[count] < colors[now]), None)
        assert (row["chronic_count_for_better_color"], row["chronic_count_for_worse_color"]) == (better, worse)
        assert row["better_color_level"] == (None if better is None else colors[better])
        assert row["worse_color_level"] == (None if worse is None else colors[worse])


def test_every_goal_of_a_year_that_is_over_has_a_figure_or_a_reason(county: County) -> None:
    rows = county.ask("select goal_status, measure_code, no_value_reason, is_year_over from marts.goals")
    assert {row["goal_status"] for row in rows} <= {"reached", "on_track", "off_track", "no_value"}
    assert [row for row in rows if (row["goal_status"] == "no_value") != (row["no_value_reason"] is not None)] == []
