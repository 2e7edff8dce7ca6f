"""The plans of the example county's districts and schools: LCAP, SMARTIE goals and school plans (docs/rules.md E.8).

Each year's targets hang on how that year came out, so that every status is found: where enough fell, most targets ask
for a part of it, every third for far more; where nothing did, all ask for what was missed. The last year's LCAP goals
run on for two years more, on a path that the first year keeps up with or does not. Beside them stand measures that
nobody computes, a school of which no attendance arrives, and goals without a baseline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np

from ingestion.registry import Lea
from simulation.arrays import Flags, take
from simulation.calendars import start_year_of
from simulation.goals import ADOPTED, SMALLEST_GROUP, Goal, columns_of
from simulation.measures import Stays, before_the_first, groups_of, is_learner, measures_of, stays_of, students_of
from simulation.places import Place, texts_of
from simulation.text import Written, write_csv
from simulation.world import World, Year

RATE, SEVERE, ATTENDED, DAYS = (
    "chronic_absence_rate",
    "severe_absence_rate",
    "attendance_rate",
    "average_days_absent",
)
LCAP_GROUPS = ("TA", "SE", "SS", "SD", "SF", "SH")
# Of foster youth and homeless students of an LEA fewer are asked for (EC 52052).
SMALLEST = {"SF": 15, "SH": 15}
# A move is enough where it is more than what a few students counted otherwise would make.
ENOUGH = {RATE: 1.0, SEVERE: 1.0, ATTENDED: 0.3, DAYS: 0.4}
# A plan of three years; the share of what the first year moved that a target within reach asks for each year.
YEARS_OF_PLAN, WITHIN_REACH = 3, 0.6
# Beyond reach: a target that leaves so much of what is missed; a plan so many times as long as the first move.
LEAVES, TIMES_THE_MOVE, LEAST_OF_PLAN, MOST_OF_PLAN = 0.8, 4.0, 0.3, 0.9
ONE_IN_BEYOND_REACH = 3
FALL = "10-10"
# Percent of students or of those who answered, whatever the district.
SUSPENDED_BEFORE, SUSPENDED, CONNECTED, UNKNOWN_SCHOOL = 3.4, 3.0, 55.0, 20.0


@dataclass(frozen=True)
class Lived:
    """The stays of a district or school in two years that follow each other, and by person who is in which group."""

    year: Year
    before: Stays
    now: Stays
    groups: Mapping[str, Flags]

    def at(self, place: int) -> Lived:
        """The same at one school."""
        before, now = (take(stays, stays.place == place) for stays in (self.before, self.now))
        return replace(self, before=before, now=now)

    def of(self, group: str) -> list[tuple[int, dict[str, float]]]:
        """Eligible students of a group, and their measures, in both years; groups are those of the later one."""
        found = []
        for students in (students_of(self.before), students_of(self.now)):
            who = is_learner(self.year, students) if group == "SE" else self.groups[group][students.person]
            found.append(measures_of(take(students, who)))
        return found


def _lived(world: World, lea: Lea, index: int, seed: int) -> Lived:
    """The district in a year and the one before."""
    year, leas = world.years[index], texts_of(world.places, lambda place: place.lea)

    def stays(one: Year) -> Stays:
        return stays_of(one, world.places, np.asarray(leas[one.stints.place] == lea.code))

    now = stays(year)
    before = stays(world.years[index - 1]) if index else before_the_first(now, year, world.places, seed)
    return Lived(year, before, now, groups_of(year))


@dataclass(frozen=True)
class Course:
    """What is to fall, in two years: a measure, or what is missing from all days attended.

    within_reach: whether the targets are to be met, if enough fell
    """

    measure: str
    before: float
    now: float
    within_reach: bool

    def target(self, ahead: int, *, runs_on: bool) -> float:
        """The target of the year (0) or of one after it, in the measure's unit. runs_on: of a plan of three years."""
        fall = self.before - self.now
        if self.within_reach and fall >= ENOUGH[self.measure]:
            left = self.before - WITHIN_REACH * fall * (ahead + 1)
        elif runs_on:
            asked = max(TIMES_THE_MOVE * fall, LEAST_OF_PLAN * self.before)
            asked = min(asked, MOST_OF_PLAN * self.before)
            left = self.before - asked * (ahead + 1) / YEARS_OF_PLAN
        else:
            left = LEAVES * min(self.before, self.now)
        return _turned(self.measure, max(left, 0.0))


def _turned(measure: str, value: float) -> float:
    """Of days attended, those that are missing, and back; every other measure is what is to fall."""
    return 100.0 - value if measure == ATTENDED else value


def _later(school_year: str, years: int) -> str:
    start = start_year_of(school_year) + years
    return f"{start}-{(start + 1) % 100:02d}"


@dataclass(frozen=True)
class Asked:
    """A goal without its figures. runs_on: for two years more."""

    number: str
    kind: str
    group: str
    measure: str
    school: str = ""
    adopted: str = ADOPTED
    runs_on: bool = False


def _set(asked: Asked, lived: Lived, turn: Iterator[int]) -> Iterator[Goal]:
    """The goal's targets, a row for each year; none for a group that is too small in one of the two years."""
    (few, before), (many, now) = lived.of(asked.group)
    if min(few, many) < SMALLEST.get(asked.group, SMALLEST_GROUP):
        return
    values = [_turned(asked.measure, measures[asked.measure]) for measures in (before, now)]
    within_reach = next(turn) % ONE_IN_BEYOND_REACH != ONE_IN_BEYOND_REACH - 1
    course = Course(asked.measure, values[0], values[1], within_reach)
    for ahead in range(YEARS_OF_PLAN if asked.runs_on else 1):
        target = course.target(ahead, runs_on=asked.runs_on)
        yield _goal(asked, lived.year.school_year, target, before[asked.measure], ahead)


def _goal(asked: Asked, school_year: str, target: float, before: float | None = None, ahead: int = 0) -> Goal:
    return Goal(
        number=asked.number,
        school=asked.school,
        kind=asked.kind,
        group=asked.group,
        measure=asked.measure,
        school_year=_later(school_year, ahead),
        target=target,
        since=school_year,
        before=before,
        adopted=asked.adopted,
    )


def _of_district(lived: Lived, turn: Iterator[int]) -> Iterator[Goal]:
    """The district's LCAP and SMARTIE goals."""
    year = lived.year
    for group in LCAP_GROUPS:
        yield from _set(Asked("LCAP-2.1", "lcap", group, RATE, runs_on=year.is_last), lived, turn)
    yield from _set(Asked("LCAP-2.2", "lcap", "TA", ATTENDED, runs_on=year.is_last), lived, turn)
    # what no attendance tells, and what a survey does: an LCAP has both (EC 52060)
    yield _goal(Asked("LCAP-2.3", "lcap", "TA", "suspension_rate"), year.school_year, SUSPENDED, SUSPENDED_BEFORE)
    yield _goal(Asked("LCAP-2.4", "lcap", "TA", "school_connectedness"), year.school_year, CONNECTED)
    for number, (group, measure) in enumerate((("SS", SEVERE), ("SD", DAYS)), start=1):
        yield from _set(Asked(f"SMARTIE-{number}", "smartie", group, measure, adopted=FALL), lived, turn)


def _of_school(place: Place, lived: Lived, turn: Iterator[int]) -> Iterator[Goal]:
    """The school's plan; where no attendance arrives, a target that nothing can be held against."""
    for number, (group, measure) in enumerate((("TA", RATE), ("SS", RATE), ("TA", DAYS)), start=1):
        asked = Asked(f"SPSA-{place.code}-{number}", "spsa", group, measure, place.code, FALL)
        if place.submits:
            yield from _set(asked, lived, turn)
        elif group == "TA" and measure == RATE:
            yield _goal(asked, lived.year.school_year, UNKNOWN_SCHOOL)


def goals_of(world: World, lea: Lea, index: int, seed: int) -> list[Goal]:
    """The district's goals of a year, then its schools'."""
    # districts begin at different turns: else all of them would reach for the same
    lived, turn = _lived(world, lea, index, seed), count(int(lea.code))
    goals = list(_of_district(lived, turn))
    for position, place in enumerate(world.places):
        if place.lea == lea.code:
            goals += _of_school(place, lived.at(position), turn)
    return goals


def write_plans(root: Path, world: World, lea: Lea, seed: int) -> list[Written]:
    """Write all goals of a district as they stand after the last year, in one file."""
    goals = [goal for index in range(len(world.years)) for goal in goals_of(world, lea, index, seed)]
    path = f"{lea.sends['goals'].folder}/goals_{world.years[-1].start_year + 1}0627.csv"
    write_csv(root / path, columns_of(lea.code, goals), len(goals))
    return [Written(path, "goals/goals", len(goals))]
