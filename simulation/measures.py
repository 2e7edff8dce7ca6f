"""How much was missed, as it was lived: who counts at a district or school, by student group, and in what measures.

What plans and the state's files are written from. A student's days are added up over the stays at the place that is
asked about (docs/rules.md B.1); days beside a later stay, and those of a school of which no attendance arrives, count
nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulation.arrays import Flags, Ints, stream, take
from simulation.calendars import SCHOOL_DAYS
from simulation.codes import ABSENT_STATES
from simulation.people import is_disadvantaged, is_foster, is_homeless, language_status
from simulation.places import Place
from simulation.stints import SECONDARY
from simulation.world import Year

# Eligible, and chronically and severely absent (docs/rules.md B.1, B.7).
DAYS_ELIGIBLE, ONE_IN, SEVERE_ONE_IN = 31, 10, 5
STATES_AT_A_TIME = 16_384
# Races that the state tells apart; "RD", not reported, is no group.
RACES = ("RB", "RI", "RA", "RF", "RH", "RP", "RT", "RW")
# The year before the first one: most of its students, who missed more, some schools and students more than others.
SHARE_THERE_BEFORE, MORE_BEFORE, SPREAD_OF_SCHOOLS, SPREAD_OF_STUDENTS = 0.97, 0.14, 0.1, 0.25


@dataclass(frozen=True)
class Stays:
    """One row per stay that counts: person and place are positions, first a school day, days expected and absent."""

    person: Ints
    place: Ints
    grade: Ints
    first: Ints
    expected: Ints
    absent: Ints


@dataclass(frozen=True)
class Students:
    """One row per student: days over all stays; place and grade of the latest one."""

    person: Ints
    place: Ints
    grade: Ints
    expected: Ints
    absent: Ints

    @property
    def is_eligible(self) -> Flags:
        """Expected long enough, and seen at least once."""
        return np.asarray((self.expected >= DAYS_ELIGIBLE) & (self.absent < self.expected))

    @property
    def is_chronic(self) -> Flags:
        """Absent on a tenth of the days expected or more."""
        return np.asarray(self.absent * ONE_IN >= self.expected)


def stays_of(year: Year, places: tuple[Place, ...], here: Flags) -> Stays:
    """The stays of a year that count, of those that are asked about. here: by stint."""
    stints, states = year.stints, year.daily.states
    submits = np.array([place.submits for place in places])
    counts = submits[stints.place] & (stints.status != SECONDARY) & ~stints.is_exempt & ~stints.is_no_show
    rows = np.flatnonzero(here & counts)
    last = np.clip(np.minimum(stints.last, stints.superseded - 1)[rows], None, SCHOOL_DAYS - 1)
    absent = np.zeros(len(rows), dtype=np.int64)
    is_absent = np.isin(np.arange(256), ABSENT_STATES)
    days = np.arange(SCHOOL_DAYS)
    for start in range(0, len(rows), STATES_AT_A_TIME):
        part = slice(start, start + STATES_AT_A_TIME)
        there = days <= last[part][:, None]
        absent[part] = np.add.reduce(is_absent[states[rows[part]]] & there, axis=1, dtype=np.uint8)
    first = stints.first[rows]
    return Stays(stints.person[rows], stints.place[rows], stints.grade[rows], first, last - first + 1, absent)


def before_the_first(stays: Stays, year: Year, places: tuple[Place, ...], seed: int) -> Stays:
    """The year before the first simulated one, which nobody lived: like it, with more missed.

    Drawn for every student and school of the county, so that a district and its schools are told the same.
    """
    rng = stream(seed, "the year before", year.school_year)
    people = len(year.people.ssid)
    there = rng.random(people) < SHARE_THERE_BEFORE
    of_school = rng.normal(MORE_BEFORE, SPREAD_OF_SCHOOLS, len(places))
    of_student = rng.normal(0.0, SPREAD_OF_STUDENTS, people)
    kept = take(stays, there[stays.person])
    times = np.exp(of_school[kept.place] + of_student[kept.person])
    absent = np.minimum(np.rint(kept.absent * times), kept.expected).astype(np.int64)
    return replace(kept, absent=absent)


def students_of(stays: Stays) -> Students:
    """Each student of some stays once."""
    order = np.lexsort((stays.first, stays.person))
    person = stays.person[order]
    is_last = np.append(person[1:] != person[:-1], True)[: len(person)]
    latest = order[is_last]
    _, student = np.unique(stays.person, return_inverse=True)
    expected, absent = (
        np.bincount(student, weights=days, minlength=len(latest)).astype(np.int64)
        for days in (stays.expected, stays.absent)
    )
    return Students(stays.person[latest], stays.place[latest], stays.grade[latest], expected, absent)


def groups_of(year: Year) -> dict[str, Flags]:
    """Who is in which student group, by the state's codes; by person. English learners hang on the grade: see below."""
    people = year.people
    return {
        "TA": np.ones(len(people.ssid), dtype=np.bool_),
        "SD": people.has_disability,
        "SS": is_disadvantaged(people, year.start_year),
        "SF": is_foster(people),
        "SH": is_homeless(people, year.start_year),
    }


def races_of(year: Year) -> dict[str, Flags]:
    """Who is of which race, by the state's codes; by person."""
    return {race: np.asarray(year.people.race_category == race) for race in RACES}


def is_learner(year: Year, students: Students) -> Flags:
    """English learners at some time of the year, by student."""
    return np.asarray(language_status(take(year.people, students.person), students.grade) == "EL")


def measures_of(students: Students) -> tuple[int, dict[str, float]]:
    """Eligible students, and their measures: percent, or days per student; none where there are no students."""
    eligible = take(students, students.is_eligible)
    expected, absent = eligible.expected, eligible.absent
    if not len(expected):
        return 0, {}
    return len(expected), {
        "chronic_absence_rate": 100.0 * float(eligible.is_chronic.mean()),
        "severe_absence_rate": 100.0 * float((absent * SEVERE_ONE_IN >= expected).mean()),
        "attendance_rate": 100.0 * (1.0 - float(absent.sum() / expected.sum())),
        "average_days_absent": float(absent.mean()),
    }
