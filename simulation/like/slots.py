"""A row for each student whom a school counts, with labels dealt so that every published cell of the school is met.

A school's chronic students and its others are dealt apart: so many of each race, gender, grade span and programme group
as the school's cells say of either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulation.arrays import Flags, Floats, Ints, stack, take
from simulation.like.draws import rank_within
from simulation.like.fill import COLUMN, Filled, columns_of
from simulation.like.published import GENDERS, HIDDEN, PROGRAMS, RACES, SPANS, TOTAL, Published, School
from simulation.places import TK

# Who is likelier to be dealt a programme label; only the order matters, the number is the school's.
LEARNERS_BY_RACE = {"RB": 0.05, "RI": 0.2, "RA": 0.9, "RF": 0.4, "RH": 1.0, "RP": 0.3, "RT": 0.1, "RW": 0.3, "RD": 0.3}
NEEDY_BY_RACE = {"RB": 0.9, "RI": 0.8, "RA": 0.3, "RF": 0.2, "RH": 1.0, "RP": 0.8, "RT": 0.2, "RW": 0.1, "RD": 0.5}
# So few students more or less are no school.
FEW = 5
# Transitional kindergarten is smaller than kindergarten.
TK_WEIGHT = 0.35


@dataclass(frozen=True)
class Slots:
    """One row per student and school that counts the student, school by school, the chronic ones last in each.

    school:     position among the published schools
    is_chronic: whether the school counts the student as chronically absent
    race, gender: positions among RACES and GENDERS
    grade:      -1 for TK
    disadvantaged, learner, disability, foster, homeless, migrant: SS, SE, SD, SF, SH, SM
    """

    school: Ints
    is_chronic: Flags
    race: Ints
    gender: Ints
    grade: Ints
    disadvantaged: Flags
    learner: Flags
    disability: Flags
    foster: Flags
    homeless: Flags
    migrant: Flags


def _by_group(filled: Filled, names: tuple[str, ...]) -> Ints:
    """Students of each category: two rows per school, the others and the chronic ones, by categories."""
    columns = columns_of(names)
    chronic = filled.chronic[:, columns]
    both = np.stack([filled.eligible[:, columns] - chronic, chronic], axis=1)
    return np.asarray(both.reshape(-1, len(columns)))


def _dealt(rng: np.random.Generator, counts: Ints, group: Ints) -> Ints:
    """A category for each row: as many of each in a group (a row of counts) as the counts say, in random order."""
    groups, categories = counts.shape
    in_order = np.repeat(np.tile(np.arange(categories), groups), counts.ravel())
    return np.asarray(in_order[np.lexsort((rng.random(len(group)), group))])


def _flagged(rng: np.random.Generator, counts: Ints, group: Ints, likelier: Floats) -> Flags:
    """As many rows of each group as the counts say: the likelier ones first, with much chance in it."""
    return np.asarray(rank_within(group, rng.random(len(group)) - likelier) < counts[group])


def grade_weights(schools: tuple[School, ...]) -> Floats:
    """How a span's students are spread over its grades at each school: schools by spans by grades from TK to 12."""
    weights = np.zeros((len(schools), len(SPANS), 14))
    for row, school in enumerate(schools):
        for span, grades in enumerate(SPANS.values()):
            lowest, highest = (TK, 12) if school.lowest is None else (school.lowest, school.highest or 0)
            offered = [each for each in grades if lowest <= each <= highest]
            for grade in offered or grades:
                weights[row, span, grade - TK] = TK_WEIGHT if grade == TK else 1.0
    return np.asarray(weights / weights.sum(axis=2, keepdims=True))


def deal(rng: np.random.Generator, schools: tuple[School, ...], filled: Filled) -> Slots:
    """Deal the labels of all schools."""
    sizes = _by_group(filled, (TOTAL,))[:, 0]
    group = np.repeat(np.arange(len(sizes)), sizes)
    school = group // 2
    race = _dealt(rng, _by_group(filled, RACES), group)
    span = _dealt(rng, _by_group(filled, tuple(SPANS)), group)
    thresholds = np.cumsum(grade_weights(schools), axis=2)[school, span]
    grade = (rng.random(len(group))[:, None] >= thresholds[:, :-1]).sum(axis=1) + TK
    counts = dict(zip(PROGRAMS, _by_group(filled, PROGRAMS).T, strict=True))
    plain = np.zeros(len(group))
    needy = np.array([NEEDY_BY_RACE[each] for each in RACES])[race]
    disadvantaged = _flagged(rng, counts["SS"], group, needy)
    # who is in foster care, homeless or migrant is disadvantaged by that alone (docs/rules.md A.5)
    among = np.where(disadvantaged, 10.0, 0.0)
    learners = np.array([LEARNERS_BY_RACE[each] for each in RACES])[race] - 0.05 * np.maximum(grade, 0)
    return Slots(
        school=school,
        is_chronic=group % 2 == 1,
        race=race,
        gender=_dealt(rng, _by_group(filled, GENDERS), group),
        grade=grade,
        disadvantaged=disadvantaged,
        learner=_flagged(rng, counts["SE"], group, learners),
        disability=_flagged(rng, counts["SD"], group, plain),
        foster=_flagged(rng, counts["SF"], group, among),
        homeless=_flagged(rng, counts["SH"], group, among),
        migrant=_flagged(rng, counts["SM"], group, among),
    )


def with_unlisted(
    rng: np.random.Generator, published: Published, slots: Slots, whole: frozenset[str]
) -> tuple[tuple[School, ...], Slots]:
    """Add to each whole district the students whom the state counts there and at none of its listed schools.

    They are of a school that the file does not list, and stand under the district's own code, as students of its
    programmes at home do (docs/rules.md A.3). Their labels are those of students of the district, drawn by chance.
    """
    of_school = np.array([school.district for school in published.schools], dtype=object)
    counted = np.bincount(slots.school * 2 + slots.is_chronic, minlength=2 * len(of_school)).reshape(-1, 2)
    schools, tables = list(published.schools), [slots]
    for code in sorted(whole):
        name, eligible, chronic = published.districts[code]
        if eligible == HIDDEN:
            continue
        here = np.flatnonzero(of_school == code)
        missing = np.maximum(np.array([eligible - chronic, chronic]) - counted[here].sum(axis=0), 0)
        if missing.max() <= FEW:
            continue
        pool = np.flatnonzero(np.isin(slots.school, here)) if len(here) else np.arange(len(slots.school))
        drawn = take(slots, rng.choice(pool, size=int(missing.sum())))
        tables.append(
            replace(
                drawn,
                school=np.full(len(drawn.school), len(schools)),
                is_chronic=np.repeat([False, True], missing),
            )
        )
        schools.append(
            School(
                code=code,
                district=code,
                name=f"{name}: programs without a school of their own",
                is_charter=False,
                is_dass=False,
                lowest=None,
                highest=None,
                zip_code="",
                reports_alone=False,
            )
        )
    return tuple(schools), stack(tables)


def cells(slots: Slots, schools: int) -> Filled:
    """Count the labels again: what ``deal`` was given, for tests."""
    eligible = np.zeros((schools, len(COLUMN)), dtype=np.int64)
    chronic = np.zeros_like(eligible)
    spans = np.array([next(row for row, one in enumerate(SPANS.values()) if grade in one) for grade in range(TK, 13)])
    members: dict[str, Flags] = {TOTAL: np.ones(len(slots.school), dtype=np.bool_)}
    members |= {name: slots.race == row for row, name in enumerate(RACES)}
    members |= {name: slots.gender == row for row, name in enumerate(GENDERS)}
    members |= {name: spans[slots.grade - TK] == row for row, name in enumerate(SPANS)}
    members["GRTK8"] = slots.grade <= 8
    flags = (slots.disadvantaged, slots.learner, slots.disability, slots.foster, slots.homeless, slots.migrant)
    members |= dict(zip(PROGRAMS, flags, strict=True))
    for name, who in members.items():
        eligible[:, COLUMN[name]] = np.bincount(slots.school[who], minlength=schools)
        chronic[:, COLUMN[name]] = np.bincount(slots.school[who & slots.is_chronic], minlength=schools)
    return Filled(eligible, chronic)
