"""When students come and leave in a year, and how many of their days they miss: all stays of the county.

Most are stays that a school counts (a slot): 31 days or more, and a tenth of them missed or not as the slot's label
says. Beside them stand stays that no school counts: of fewer than 31 days, of students who never came, who are exempt,
who attended nothing, or who are enrolled elsewhere in the first place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulation.arrays import Dates, Flags, Ints, Texts, choose, constant, stack, take
from simulation.calendars import SCHOOL_DAYS
from simulation.like.links import Persons
from simulation.like.slots import Slots
from simulation.stints import (
    COMPLETED,
    LAST_DAY,
    LEFT_THE_COUNTY,
    MOVED,
    NO_SHOW,
    PRIMARY,
    SECONDARY,
    SHORT_TERM,
    YEAR_END,
    first_day_after,
)

FEWEST_DAYS = 31
# Shares of the students who stay at one school, and of all slots for the stays that are not counted.
STARTS_LATE, LEAVES_EARLY, CAME_FROM_ELSEWHERE, RETURNS = 0.05, 0.04, 0.3, 0.004
SHORT, NEVER_CAME, EXEMPT, ATTENDED_NOTHING, ENROLLED_TWICE = 0.012, 0.01, 0.003, 0.0005, 0.002
FEWEST_OF_A_MOVER = 44


@dataclass(frozen=True)
class Stays:
    """One row per stay of a student at a school in a year.

    student:   the student's number in this year
    like:      the slot whose labels the student has
    school:    position among the schools
    first, last: first and last day expected, as positions among the school's 180 days; last < first for a no-show
    absent:    full days missed
    """

    student: Ints
    like: Ints
    school: Ints
    grade: Ints
    first: Ints
    last: Ints
    absent: Ints
    status: Texts
    reason: Texts
    is_no_show: Flags
    is_exempt: Flags


def days_missed(rng: np.random.Generator, expected: Ints, is_chronic: Flags) -> Ints:
    """Full days missed of the expected ones: a tenth or more where chronic, fewer otherwise; never all of them."""
    rows = len(expected)
    fewest = -(-expected // 10)
    more = np.floor(rng.gamma(0.9, 0.105, rows) * expected).astype(np.int64)
    chronic = np.minimum(fewest + more, np.maximum(fewest, (expected * 0.92).astype(np.int64)))
    few = np.floor(rng.gamma(1.7, 0.024, rows) * expected).astype(np.int64)
    others = np.where(few < fewest, few, rng.integers(0, np.maximum(fewest, 1)))
    return np.asarray(np.where(is_chronic, chronic, others))


def _plain(slots: Slots, persons: Persons) -> Stays:
    """Every slot as a stay of the whole year."""
    rows = len(slots.school)
    return Stays(
        student=persons.person,
        like=np.arange(rows),
        school=slots.school,
        grade=slots.grade,
        first=np.zeros(rows, dtype=np.int64),
        last=np.full(rows, LAST_DAY, dtype=np.int64),
        absent=np.zeros(rows, dtype=np.int64),
        status=constant(PRIMARY, rows),
        reason=np.where(slots.grade == 12, COMPLETED, YEAR_END).astype(object),
        is_no_show=np.zeros(rows, dtype=np.bool_),
        is_exempt=np.zeros(rows, dtype=np.bool_),
    )


def _movers(rng: np.random.Generator, stays: Stays, persons: Persons, days: Dates) -> Stays:
    """Give the stays of students with several schools their turns, one after the other."""
    legs = np.bincount(persons.person)[persons.person]
    first, last, reason = stays.first.copy(), stays.last.copy(), stays.reason.copy()
    ended = np.full(len(np.unique(persons.person)), np.datetime64("1900-01-01", "D"))
    for leg in range(int(legs.max())):
        rows = np.flatnonzero((legs > 1) & (persons.leg == leg))
        student, is_last = persons.person[rows], persons.leg[rows] == legs[rows] - 1
        gap = rng.integers(0, 4, len(rows)) * (leg > 0)
        begin = first_day_after(days, stays.school[rows], ended[student]) + gap
        fair = (LAST_DAY - begin) // (legs[rows] - leg)
        length = FEWEST_OF_A_MOVER + np.floor(rng.random(len(rows)) * 2 * np.maximum(fair - FEWEST_OF_A_MOVER, 1))
        latest = LAST_DAY - FEWEST_OF_A_MOVER * (legs[rows] - leg - 1)
        end = np.where(is_last, LAST_DAY, np.minimum(begin + length.astype(np.int64), latest))
        first[rows], last[rows] = begin, end
        reason[rows[~is_last]] = MOVED
        ended[student] = days[stays.school[rows], end]
    return replace(stays, first=first, last=last, reason=reason)


def _late_and_early(rng: np.random.Generator, stays: Stays, alone: Flags) -> Stays:
    """Some students of one school start late, some leave the county early; all stay 31 days at least."""
    rows = len(stays.student)
    draw = rng.random(rows)
    late, early = alone & (draw < STARTS_LATE), alone & (draw > 1 - LEAVES_EARLY)
    first = np.where(late, rng.integers(3, SCHOOL_DAYS - FEWEST_DAYS - 3, rows), stays.first)
    last = np.where(early, rng.integers(FEWEST_DAYS + 2, LAST_DAY - 3, rows), stays.last)
    reason = np.where(early, choose(rng, LEFT_THE_COUNTY, rows), stays.reason).astype(object)
    return replace(stays, first=first, last=last, reason=reason)


def _before(rng: np.random.Generator, stays: Stays, alone: Flags, is_chronic: Flags, days: Dates) -> Stays:
    """A few weeks at another school before a late start: too few for that school to count the student."""
    late = np.flatnonzero(alone & (stays.first > FEWEST_DAYS) & (rng.random(len(alone)) < CAME_FROM_ELSEWHERE))
    # another school of the grade: where some other student of that grade is
    by_grade = np.lexsort((rng.random(len(stays.grade)), stays.grade))
    begins = np.searchsorted(stays.grade[by_grade], stays.grade[late])
    ends = np.searchsorted(stays.grade[by_grade], stays.grade[late], side="right")
    other = stays.school[by_grade[begins + np.floor(rng.random(len(late)) * (ends - begins)).astype(np.int64)]]
    enters = days[stays.school[late], stays.first[late]]
    last = (days[other] < enters[:, None]).sum(axis=1) - 1 - rng.integers(0, 3, len(late))
    length = rng.integers(4, FEWEST_DAYS, len(late))
    first = np.maximum(last - length + 1, 0)
    usable = (other != stays.school[late]) & (last - first >= 3)
    before, expected = take(stays, late[usable]), (last - first + 1)[usable]
    # the same side of a tenth as at the school that counts the student, so that no level's count changes
    missed = np.where(is_chronic[late[usable]], -(-expected // 10), (expected - 1) // 10)
    return replace(
        before,
        school=other[usable],
        first=first[usable],
        last=last[usable],
        absent=missed,
        reason=constant(MOVED, len(expected)),
    )


def _uncounted(rng: np.random.Generator, stays: Stays, students: int) -> Stays:
    """Students whom no school counts; they are like somebody at their school."""
    parts: list[Stays] = []
    size = len(stays.student)

    def some(share: float) -> Stays:
        nonlocal students
        like = rng.choice(size, size=round(share * size), replace=False)
        drawn = replace(take(stays, like), student=students + np.arange(len(like)))
        students += len(like)
        return replace(
            drawn,
            first=np.zeros(len(like), dtype=np.int64),
            last=np.full(len(like), LAST_DAY, dtype=np.int64),
            absent=np.zeros(len(like), dtype=np.int64),
            reason=np.where(drawn.grade == 12, COMPLETED, YEAR_END).astype(object),
        )

    short = some(SHORT)
    rows = len(short.student)
    first, length = rng.integers(0, SCHOOL_DAYS - FEWEST_DAYS, rows), rng.integers(2, FEWEST_DAYS, rows)
    parts.append(
        replace(
            short,
            first=first,
            last=first + length - 1,
            absent=np.floor(rng.random(rows) ** 3 * length).astype(np.int64),
            status=choose(rng, {PRIMARY: 6, SHORT_TERM: 4}, rows),
            reason=constant(MOVED, rows),
        )
    )
    never = some(NEVER_CAME)
    parts.append(
        replace(
            never,
            last=never.first - 1,
            reason=constant(NO_SHOW, len(never.student)),
            is_no_show=np.ones(len(never.student), dtype=np.bool_),
        )
    )
    exempt = some(EXEMPT)
    parts.append(replace(exempt, is_exempt=np.ones(len(exempt.student), dtype=np.bool_)))
    nothing = some(ATTENDED_NOTHING)
    length = rng.integers(FEWEST_DAYS, 60, len(nothing.student))
    parts.append(replace(nothing, last=length - 1, absent=length, reason=constant("E140", len(length))))
    return stack(parts)


def _enrolled_twice(rng: np.random.Generator, stays: Stays, alone: Flags, sender: Ints) -> Stays:
    """Secondary enrolments at another school of the same sender: they carry no attendance that counts."""
    rows = np.flatnonzero(alone & (rng.random(len(alone)) < ENROLLED_TWICE) & (stays.grade >= 6))
    order = np.lexsort((stays.grade[rows], sender[stays.school[rows]]))
    rows = rows[order]
    following = np.roll(rows, 1)
    fits = (sender[stays.school[rows]] == sender[stays.school[following]]) & (
        stays.school[rows] != stays.school[following]
    )
    twice = take(stays, rows[fits])
    return replace(
        twice,
        school=stays.school[following[fits]],
        absent=np.zeros(int(fits.sum()), dtype=np.int64),
        status=constant(SECONDARY, int(fits.sum())),
    )


def _interrupted(rng: np.random.Generator, stays: Stays, alone: Flags, is_chronic: Flags) -> Stays:
    """Days missed of all, and for a few students who leave and come back to the same school a second stay there."""
    whole = alone & (stays.first == 0) & (stays.last == LAST_DAY)
    rows = np.flatnonzero(whole & (rng.random(len(alone)) < RETURNS))
    leaves = rng.integers(20, 120, len(rows))
    begins = leaves + rng.integers(6, 25, len(rows))
    expected = stays.last - stays.first + 1
    expected[rows] -= begins - leaves
    absent = days_missed(rng, expected, is_chronic)
    # the days missed at both stays together say whether the student is chronically absent
    earlier = rng.hypergeometric(leaves, SCHOOL_DAYS - begins, absent[rows])
    again = replace(take(stays, rows), first=begins, absent=absent[rows] - earlier)
    last, reason = stays.last.copy(), stays.reason.copy()
    absent[rows], last[rows], reason[rows] = earlier, leaves - 1, MOVED
    return stack([replace(stays, last=last, reason=reason, absent=absent), again])


def lives_of(rng: np.random.Generator, slots: Slots, persons: Persons, days: Dates, sender: Ints) -> Stays:
    """All stays of a year.

    days:   dates of the school days, schools by days
    sender: for each school the position of its sender
    """
    alone = (np.bincount(persons.person) == 1)[persons.person]
    stays = _late_and_early(rng, _movers(rng, _plain(slots, persons), persons, days), alone)
    expected = stays.last - stays.first + 1
    if (expected < FEWEST_DAYS).any():
        raise AssertionError(f"{int((expected < FEWEST_DAYS).sum())} counted stays are shorter than {FEWEST_DAYS} days")
    students = int(persons.person.max()) + 1
    return stack(
        [
            _interrupted(rng, stays, alone, slots.is_chronic),
            _before(rng, stays, alone, slots.is_chronic, days),
            _uncounted(rng, stays, students),
            _enrolled_twice(rng, stays, alone, sender),
        ]
    )
