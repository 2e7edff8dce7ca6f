"""Which students of different schools are one: as many as the state's unduplicated counts leave out.

A district counts a student once whom two of its schools count, and the county one whom two districts count. So many
students with the same labels are taken to be one who moved that the totals of district and county come out. Both of a
pair are chronic or neither is: then the one student is so, or is not, at every level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.arrays import Flags, Ints
from simulation.like.draws import rank_within
from simulation.like.published import GENDERS, HIDDEN, RACES, Published, School
from simulation.like.slots import Slots
from simulation.places import TK

ROUNDS = 4


@dataclass(frozen=True)
class Persons:
    """Which slots are whose.

    person: for each slot the student's number in this year, from 0 without gaps
    leg:    for each slot the student's first, second or third stay of the year, from 0
    """

    person: Ints
    leg: Ints


def _likeness(slots: Slots) -> Ints:
    """One number for all labels, the same for students who could be one."""
    key = slots.grade - TK
    for values, base in (
        (slots.race, len(RACES)),
        (slots.gender, len(GENDERS)),
        (slots.disadvantaged, 2),
        (slots.learner, 2),
        (slots.disability, 2),
        (slots.foster, 2),
        (slots.homeless, 2),
        (slots.migrant, 2),
        (slots.is_chronic, 2),
    ):
        key = key * base + values.astype(np.int64)
    return np.asarray(key)


def _numbered(values: Ints) -> Ints:
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _pairs(
    rng: np.random.Generator, *, alike: Ints, apart: Ints, purse: Ints, wanted: Ints, free: Flags
) -> tuple[Ints, Ints]:
    """Pairs of free rows that are alike and stand apart, as many of each purse as wanted or as there are."""
    firsts, seconds = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    free, wanted = free.copy(), wanted.copy()
    for _ in range(ROUNDS):
        rows = np.flatnonzero(free & (wanted[purse] > 0))
        if len(rows) == 0:
            break
        order = rows[np.lexsort((rng.random(len(rows)), alike[rows]))]
        rank = rank_within(alike[order], np.arange(len(order), dtype=np.float64))
        one, other = order[:-1], order[1:]
        paired = (rank[:-1] % 2 == 0) & (alike[one] == alike[other]) & (apart[one] != apart[other])
        one, other = one[paired], other[paired]
        kept = rank_within(purse[one], rng.random(len(one))) < wanted[purse[one]]
        one, other = one[kept], other[kept]
        free[one], free[other] = False, False
        wanted -= np.bincount(purse[one], minlength=len(wanted))
        firsts.append(one)
        seconds.append(other)
    return np.concatenate(firsts), np.concatenate(seconds)


def _surplus(counted: Ints, published: Ints) -> Ints:
    """How many more are counted than published; none where the state hides its count or counts more."""
    return np.where(published == HIDDEN, 0, np.maximum(counted - published, 0))


def _by_chronic(eligible: Ints, chronic: Ints) -> Ints:
    """Counts by purse: of each entity first those not chronic, then the chronic ones; HIDDEN stays."""
    others = np.where(eligible == HIDDEN, HIDDEN, eligible - chronic)
    return np.stack([others, chronic], axis=1).ravel()


def link(
    rng: np.random.Generator, published: Published, schools: tuple[School, ...], slots: Slots, whole: frozenset[str]
) -> Persons:
    """Tell which slots are one student's.

    schools: those of the slots
    whole:   the districts of which all schools are here; of another one the state's count says nothing, and as many of
             its students move as of the others
    """
    codes = sorted(published.districts)
    told = {code: row for row, code in enumerate(codes)}
    is_whole = np.array([code in whole for code in codes])
    district = np.array([told[school.district] for school in schools])[slots.school]
    state = slots.is_chronic.astype(np.int64)
    alike = _numbered(_likeness(slots))
    purse = district * 2 + state
    counted = np.bincount(purse, minlength=2 * len(codes))
    totals = np.array([published.districts[code][1:] for code in codes], dtype=np.int64)
    said = _by_chronic(totals[:, 0], totals[:, 1])
    surplus = _surplus(counted, said)
    comparable = np.repeat(is_whole, 2) & (said != HIDDEN)
    share = surplus[comparable].sum() / max(counted[comparable].sum(), 1)
    surplus = np.where(np.repeat(is_whole, 2), surplus, (counted * share).astype(np.int64))
    everyone = np.ones(len(alike), dtype=np.bool_)
    alike_here = _numbered(alike * len(codes) + district)
    first, second = _pairs(rng, alike=alike_here, apart=slots.school, purse=purse, wanted=surplus, free=everyone)
    person, order = np.arange(len(alike)), np.zeros(len(alike))
    person[second], order[second] = first, 1.0

    # one row per student of a district; a student of two schools there may move on to one more district
    heads = np.flatnonzero(person == np.arange(len(alike)))
    stays = np.bincount(person, minlength=len(alike))[heads]
    at_districts = np.bincount(state[heads], minlength=2)
    county = np.array(published.county[1:], dtype=np.int64)
    if is_whole.all():
        wanted = _surplus(at_districts, _by_chronic(county[:1], county[1:]))
    else:
        listed = _by_chronic(*totals[totals[:, 0] != HIDDEN].sum(axis=0)[:, None])
        moved = (listed - _by_chronic(county[:1], county[1:])) / np.maximum(listed, 1)
        wanted = (at_districts * np.maximum(moved, 0)).astype(np.int64)
    one, other = _pairs(
        rng, alike=alike[heads], apart=district[heads], purse=state[heads], wanted=wanted, free=stays == 1
    )
    one, other = heads[one], heads[other]
    person[other], order[other] = person[one], 2.0
    number = _numbered(person)
    # who came first is chance
    return Persons(number, rank_within(number, rng.random(len(number))))
