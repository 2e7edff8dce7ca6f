"""The goals of a district and its schools: a few targets of the school year, set from how the year before was lived.

SMARTIE goals: for a measure and a student group, from a baseline to a target by the year's end (docs/rules.md E.8). In
the first simulated year the year before is taken to have been like it. The example county's goals are those of plans.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simulation.arrays import Flags, take, texts
from simulation.calendars import start_year_of
from simulation.measures import Stays, groups_of, measures_of, stays_of, students_of
from simulation.rosters import places_here
from simulation.sending import Sending
from simulation.text import Column, Written, write_csv

# No goal is set for a group so small that its rate says nothing.
SMALLEST_GROUP = 30
SCHOOL_GROUPS = ("TA", "SS")
# Of everybody; the rate alone of a group.
MEASURES = ("chronic_absence_rate", "attendance_rate", "average_days_absent")
ADOPTED = "06-20"


@dataclass(frozen=True)
class Goal:
    """One target.

    school:      its code, blank for the whole district
    school_year: the year of the target, which is in the measure's unit
    adopted:     month and day of the summer before it
    before:      the measure in the year before ``since``, the first year of the goal; none where there is no baseline
    """

    number: str
    school: str
    kind: str
    group: str
    measure: str
    school_year: str
    target: float
    since: str
    before: float | None = None
    adopted: str = ADOPTED

    @property
    def baseline(self) -> tuple[str, str]:
        """Its school year and its value, both blank where there is none."""
        start = start_year_of(self.since)
        return ("", "") if self.before is None else (f"{start - 1}-{start % 100:02d}", f"{self.before:.1f}")

    @property
    def adopted_date(self) -> str:
        """The day on which the board adopted it."""
        return f"{start_year_of(self.since)}-{self.adopted}"


def columns_of(lea: str, goals: Sequence[Goal]) -> dict[str, Column]:
    """The file's columns, a row for each goal."""
    adopted = texts(goal.adopted_date for goal in goals)
    return {
        "goal_id": texts(goal.number for goal in goals),
        "lea_code": lea,
        "school_code": texts(goal.school for goal in goals),
        "goal_kind": texts(goal.kind for goal in goals),
        "reporting_category": texts(goal.group for goal in goals),
        "measure_code": texts(goal.measure for goal in goals),
        "baseline_school_year": texts(goal.baseline[0] for goal in goals),
        "baseline_value": texts(goal.baseline[1] for goal in goals),
        "school_year": texts(goal.school_year for goal in goals),
        "target_value": texts(f"{goal.target:.1f}" for goal in goals),
        "adopted_date": adopted,
        "updated_at": adopted + "T19:00:00",
    }


def _target(measure: str, before: float) -> float:
    """A tenth less of what is to fall, or of what is missing from all days attended."""
    return before + 0.1 * (100.0 - before) if measure == "attendance_rate" else 0.9 * before


def _goals_of(stays: Stays, groups: dict[str, Flags], number: str, year: str, school: str = "") -> Iterator[Goal]:
    for group, members in groups.items():
        students, measures = measures_of(students_of(take(stays, members[stays.person])))
        if students >= SMALLEST_GROUP:
            for measure in MEASURES if group == "TA" else MEASURES[:1]:
                before = measures[measure]
                yield Goal(number, school, "smartie", group, measure, year, _target(measure, before), year, before)


def _goals(sending: Sending, school_year: str) -> list[Goal]:
    """The district's goals for all groups, then its schools' for a few."""
    year, code = sending.year, sending.lea.code
    stays, groups = stays_of(year, sending.places, sending.here), groups_of(year)
    stays = take(stays, np.argsort(stays.place, kind="stable"))
    few = {group: groups[group] for group in SCHOOL_GROUPS}
    goals = list(_goals_of(stays, groups, f"{code}-SMARTIE", school_year))
    for index, place in places_here(sending):
        if place.code == code:
            continue  # a charter that reports for itself has its goals already
        begin, end = np.searchsorted(stays.place, [index, index + 1])
        own = take(stays, np.arange(begin, end))
        goals += _goals_of(own, few, f"{place.code}-SMARTIE", school_year, place.code)
    return goals


def write_goals(root: Path, sending: Sending) -> list[Written]:
    """Write the targets of one school year, if the district sends goals; a file without rows is not sent."""
    year, lea = sending.year, sending.lea
    if "goals" not in lea.sends:
        return []
    goals = _goals(replace(sending, index=max(sending.index - 1, 0)), year.school_year)
    if not goals:
        return []
    path = f"{lea.sends['goals'].folder.format(school_year=year.school_year)}/goals_{year.start_year}0620.csv"
    write_csv(root / path, columns_of(lea.code, goals), len(goals))
    return [Written(path, "goals/goals", len(goals))]
