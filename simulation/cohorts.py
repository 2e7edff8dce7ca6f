"""Who is at which school in which grade when a school year begins, and where they go the year after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.arrays import Flags, Ints, stack, take
from simulation.places import BIRCH, DOGWOOD, ELM, FIR, GINKGO, HAZEL, IRONWOOD, JUNIPER, NEW_START, TK, Place

GRADES = tuple(range(-1, 13))
LEAVE_THE_COUNTY = 0.05
STAY_IN_GRADE = 0.01
CHANGE_SCHOOL = 0.04
LEAVE_CONTINUATION = 0.4
NEXT_LEA = {BIRCH: DOGWOOD, FIR: ELM, HAZEL: GINKGO, JUNIPER: IRONWOOD}


@dataclass(frozen=True)
class Cohort:
    """One row per student at the beginning of a school year: person and place are positions, grade -1 is TK."""

    person: Ints
    place: Ints
    grade: Ints


def offered(places: tuple[Place, ...]) -> Flags:
    """Which school offers which grade: schools by grades from TK to 12."""
    return np.array([[grade in place.profile.grades for grade in GRADES] for place in places])


def planned_size(place: Place, grade: int, start_year: int) -> int:
    """Students that a school means to have in a grade; TK grows as the state admits more of the four-year-olds."""
    weights = {each: (0.6 if start_year < 2023 else 0.9) if each == TK else 1.0 for each in place.profile.grades}
    return round(place.profile.students * weights[grade] / sum(weights.values()))


def _seats(places: tuple[Place, ...], start_year: int) -> list[tuple[int, int, int]]:
    return [
        (index, grade, planned_size(place, grade, start_year))
        for index, place in enumerate(places)
        for grade in place.profile.grades
    ]


def _newcomers(seats: list[tuple[int, int, int]], first_person: int) -> Cohort:
    counts = [count for _, _, count in seats]
    place = np.repeat(np.array([index for index, _, _ in seats], dtype=np.int64), counts)
    grade = np.repeat(np.array([grade for _, grade, _ in seats], dtype=np.int64), counts)
    return Cohort(person=np.arange(first_person, first_person + len(place)), place=place, grade=grade)


def first_cohort(places: tuple[Place, ...], start_year: int) -> Cohort:
    """Every school filled with new students."""
    return _newcomers(_seats(places, start_year), 0)


def _next_leas(place: Place) -> tuple[str, ...]:
    """Where a school's students go on: in their own district; after an elementary district's grade 8 in another one."""
    return (place.lea, NEXT_LEA[place.lea]) if place.lea in NEXT_LEA else (place.lea,)


def _choices(places: tuple[Place, ...], place: int, grade: int) -> list[int]:
    """Schools for the next grade: the district's own first, and the continuation school only by transfer."""
    for lea in _next_leas(places[place]):
        found = [
            index
            for index, other in enumerate(places)
            if other.lea == lea and grade in other.profile.grades and other.code != NEW_START
        ]
        if found:
            return found
    return []


def _next_places(rng: np.random.Generator, places: tuple[Place, ...], cohort: Cohort, grade: Ints) -> Ints:
    """The school of the year after: the same one while it offers the grade, else one of the district's; -1 is none."""
    rows = len(cohort.person)
    stays = offered(places)[cohort.place, np.minimum(grade, 12) + 1] & (grade <= 12)
    from_continuation = np.array([place.code == NEW_START for place in places])[cohort.place]
    moves = rng.random(rows) < np.where(from_continuation, LEAVE_CONTINUATION, CHANGE_SCHOOL)
    drawn = rng.random(rows)
    result = np.where(stays & ~moves, cohort.place, -1)
    open_rows = np.flatnonzero(result < 0)
    keys = np.stack([cohort.place[open_rows], grade[open_rows]], axis=1)
    for place, next_grade in np.unique(keys, axis=0).tolist():
        here = open_rows[(keys[:, 0] == place) & (keys[:, 1] == next_grade)]
        if choices := _choices(places, place, next_grade):
            result[here] = np.array(choices)[(drawn[here] * len(choices)).astype(np.int64)]
    return np.asarray(result)


def next_cohort(
    rng: np.random.Generator, places: tuple[Place, ...], before: Cohort, start_year: int, first_person: int
) -> Cohort:
    """The year after: most students one grade up, some gone, and newcomers in the seats that are free.

    Newcomers are numbered from first_person on.
    """
    rows = len(before.person)
    repeats = (rng.random(rows) < STAY_IN_GRADE) & (before.grade > TK)
    grade = np.where(repeats, before.grade, before.grade + 1)
    place = _next_places(rng, places, before, grade)
    stays = (place >= 0) & (rng.random(rows) >= LEAVE_THE_COUNTY)
    returning = take(Cohort(person=before.person, place=place, grade=grade), stays)
    taken = np.zeros((len(places), len(GRADES)), dtype=np.int64)
    np.add.at(taken, (returning.place, returning.grade + 1), 1)
    free = [
        (index, each, max(0, count - int(taken[index, each + 1]))) for index, each, count in _seats(places, start_year)
    ]
    return stack([returning, _newcomers(free, first_person)])
