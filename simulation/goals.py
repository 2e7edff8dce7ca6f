"""The goals of a district and its schools: a few targets of the school year, set from how the year before was lived.

SMARTIE goals: for a measure and a student group, from a baseline to a target by the year's end (docs/rules.md E.8). In
the first simulated year the year before is taken to have been like it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simulation.arrays import Flags, Ints, take, texts
from simulation.calendars import SCHOOL_DAYS
from simulation.codes import ABSENT_STATES
from simulation.people import is_disadvantaged, is_foster, is_homeless
from simulation.rosters import places_here
from simulation.sending import Sending
from simulation.stints import SECONDARY
from simulation.text import Column, Written, write_csv
from simulation.world import Year

# Eligible, and chronically absent (docs/rules.md B.1); no goal is set for a group so small that its rate says nothing.
DAYS_ELIGIBLE, ONE_IN = 31, 10
SMALLEST_GROUP = 30
SCHOOL_GROUPS = ("TA", "SS")
ADOPTED = "06-20"
STATES_AT_A_TIME = 16_384


@dataclass(frozen=True)
class Stays:
    """One row per stint of the district that counts: person and place are positions, days expected and absent."""

    person: Ints
    place: Ints
    expected: Ints
    absent: Ints


def _stays(sending: Sending) -> Stays:
    stints, states = sending.stints, sending.year.daily.states
    rows = np.flatnonzero(sending.here & (stints.status != SECONDARY) & ~stints.is_exempt & ~stints.is_no_show)
    absent = np.zeros(len(rows), dtype=np.int64)
    is_absent = np.isin(np.arange(256), ABSENT_STATES)
    for start in range(0, len(rows), STATES_AT_A_TIME):
        part = slice(start, start + STATES_AT_A_TIME)
        absent[part] = np.add.reduce(is_absent[states[rows[part]]], axis=1, dtype=np.uint8)
    expected = np.clip(stints.last[rows], None, SCHOOL_DAYS - 1) - stints.first[rows] + 1
    return Stays(stints.person[rows], stints.place[rows], expected, absent)


def _groups(year: Year) -> dict[str, Flags]:
    """Who is in which student group, by the state's codes; by person."""
    people = year.people
    return {
        "TA": np.ones(len(people.ssid), dtype=np.bool_),
        "SD": people.has_disability,
        "SS": is_disadvantaged(people, year.start_year),
        "SF": is_foster(people),
        "SH": is_homeless(people, year.start_year),
    }


def _measures(stays: Stays) -> tuple[int, dict[str, float]]:
    """Eligible students of some stays, and their measures: percent, or days per student."""
    _, student = np.unique(stays.person, return_inverse=True)
    expected, absent = (np.bincount(student, weights=days) for days in (stays.expected, stays.absent))
    eligible = (expected >= DAYS_ELIGIBLE) & (absent < expected)
    expected, absent = expected[eligible], absent[eligible]
    if not len(expected):
        return 0, {}
    return len(expected), {
        "chronic_absence_rate": 100.0 * float((absent * ONE_IN >= expected).mean()),
        "attendance_rate": 100.0 * (1.0 - float(absent.sum() / expected.sum())),
        "average_days_absent": float(absent.mean()),
    }


@dataclass(frozen=True)
class Goal:
    """One target. school: its code, blank for the whole district; before: the measure in the year before."""

    number: str
    school: str
    group: str
    measure: str
    before: float

    @property
    def target(self) -> float:
        """A tenth less of what is to fall, or of what is missing from all days attended."""
        return self.before + 0.1 * (100.0 - self.before) if self.measure == "attendance_rate" else 0.9 * self.before


def _goals_of(stays: Stays, groups: dict[str, Flags], number: str, school: str = "") -> Iterator[Goal]:
    for group, members in groups.items():
        students, measures = _measures(take(stays, members[stays.person]))
        asked = measures if group == "TA" else {"chronic_absence_rate": measures.get("chronic_absence_rate", 0.0)}
        if students >= SMALLEST_GROUP:
            yield from (Goal(number, school, group, measure, value) for measure, value in asked.items())


def _goals(sending: Sending) -> list[Goal]:
    """The district's goals for all groups, then its schools' for a few."""
    stays, groups = _stays(sending), _groups(sending.year)
    stays = take(stays, np.argsort(stays.place, kind="stable"))
    few = {group: groups[group] for group in SCHOOL_GROUPS}
    goals = list(_goals_of(stays, groups, f"{sending.lea.code}-SMARTIE"))
    for index, place in places_here(sending):
        if place.code == sending.lea.code:
            continue  # a charter that reports for itself has its goals already
        begin, end = np.searchsorted(stays.place, [index, index + 1])
        goals += _goals_of(take(stays, np.arange(begin, end)), few, f"{place.code}-SMARTIE", place.code)
    return goals


def write_goals(root: Path, sending: Sending) -> list[Written]:
    """Write the targets of one school year; a file without rows is not sent."""
    year, lea = sending.year, sending.lea
    goals = _goals(replace(sending, index=max(sending.index - 1, 0)))
    rows = len(goals)
    columns: dict[str, Column] = {
        "goal_id": texts(goal.number for goal in goals),
        "lea_code": lea.code,
        "school_code": texts(goal.school for goal in goals),
        "goal_kind": "smartie",
        "reporting_category": texts(goal.group for goal in goals),
        "measure_code": texts(goal.measure for goal in goals),
        "baseline_school_year": f"{year.start_year - 1}-{year.start_year % 100:02d}",
        "baseline_value": texts(f"{goal.before:.1f}" for goal in goals),
        "school_year": year.school_year,
        "target_value": texts(f"{goal.target:.1f}" for goal in goals),
        "adopted_date": f"{year.start_year}-{ADOPTED}",
        "updated_at": f"{year.start_year}-{ADOPTED}T19:00:00",
    }
    if not rows:
        return []
    path = f"{lea.sends['goals'].folder.format(school_year=year.school_year)}/goals_{year.start_year}0620.csv"
    write_csv(root / path, columns, rows)
    return [Written(path, "goals/goals", rows)]
