"""Counts for the cells that the state hides: plausible ones, that fit the totals beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.arrays import Floats, Ints
from simulation.like.published import (
    CATEGORIES,
    GENDERS,
    HIDDEN,
    PROGRAMS,
    RACES,
    SPANS,
    THROUGH_EIGHT,
    TOTAL,
    Published,
)

# The state hides a cell of ten students or fewer; race not reported, also where there are more.
MOST_HIDDEN = 10
FEWEST_OF_A_SCHOOL = 3
COLUMN = {name: index for index, name in enumerate(CATEGORIES)}


def columns_of(names: tuple[str, ...]) -> list[int]:
    """Where categories stand among CATEGORIES."""
    return [COLUMN[name] for name in names]


@dataclass(frozen=True)
class Filled:
    """All cells of all schools: students by schools and CATEGORIES, none hidden. Every published cell is as it was."""

    eligible: Ints
    chronic: Ints


def _shared_out(rng: np.random.Generator, total: int, weights: Floats, room: Ints) -> Ints:
    """Share ``total`` out over cells by their weights, none above its room."""
    shares = np.zeros(len(room), dtype=np.int64)
    while (left := total - int(shares.sum())) > 0:
        open_weights = np.where(shares < room, weights, 0.0)
        drawn = rng.multinomial(left, open_weights / open_weights.sum())
        shares = np.minimum(shares + drawn, room)
    return shares


class _School:
    """One school's cells while they are filled; eligible and chronic over CATEGORIES."""

    def __init__(self, rng: np.random.Generator, eligible: Ints, chronic: Ints, usual: Floats, rate: float) -> None:
        self.rng, self.eligible, self.chronic, self.usual, self.rate = rng, eligible, chronic, usual, rate

    def total(self) -> None:
        """A school whose total is hidden has a few students."""
        column = COLUMN[TOTAL]
        if self.eligible[column] == HIDDEN:
            self.eligible[column] = self.rng.integers(FEWEST_OF_A_SCHOOL, MOST_HIDDEN + 1)
            self.chronic[column] = self.rng.binomial(self.eligible[column], self.rate)

    def family(self, columns: list[int], eligible: int, chronic: int) -> None:
        """Fill the hidden cells of a family whose cells sum to the given totals."""
        cells = np.array(columns)
        hidden = cells[self.eligible[cells] == HIDDEN]
        shown = cells[self.eligible[cells] != HIDDEN]
        left = eligible - int(self.eligible[shown].sum()), chronic - int(self.chronic[shown].sum())
        if len(hidden) == 0:
            return
        room = np.where(hidden == COLUMN["RD"], max(left[0], MOST_HIDDEN), MOST_HIDDEN)
        self.eligible[hidden] = _shared_out(self.rng, left[0], self.usual[hidden], room)
        self.chronic[hidden] = self.rng.multivariate_hypergeometric(self.eligible[hidden], left[1])

    def spans(self) -> None:
        """Grade spans: up to grade eight they sum to TK-8, with grades nine to twelve to all."""
        below, above, sum_below = columns_of(tuple(SPANS))[:-1], COLUMN["GR912"], COLUMN[THROUGH_EIGHT]
        everybody = int(self.eligible[COLUMN[TOTAL]]), int(self.chronic[COLUMN[TOTAL]])
        if self.eligible[sum_below] == HIDDEN and self.eligible[above] == HIDDEN:
            self.family([sum_below, above], *everybody)
        for one, other in ((sum_below, above), (above, sum_below)):
            if self.eligible[one] == HIDDEN:
                self.eligible[one] = everybody[0] - self.eligible[other]
                self.chronic[one] = everybody[1] - self.chronic[other]
        self.family(below, int(self.eligible[sum_below]), int(self.chronic[sum_below]))

    def programs(self) -> None:
        """Programme groups: the disadvantaged first, since foster, homeless and migrant students are among them."""
        everybody = int(self.eligible[COLUMN[TOTAL]]), int(self.chronic[COLUMN[TOTAL]])
        for name in PROGRAMS:
            column = COLUMN[name]
            if self.eligible[column] != HIDDEN:
                continue
            within = "SS" if name in {"SF", "SH", "SM"} else TOTAL
            most = int(self.eligible[COLUMN[within]]), int(self.chronic[COLUMN[within]])
            wanted = int(self.rng.binomial(everybody[0], min(self.usual[column], 1.0)))
            self.eligible[column] = min(wanted, MOST_HIDDEN, most[0])
            self.chronic[column] = self.rng.hypergeometric(most[1], most[0] - most[1], self.eligible[column])


def fill(rng: np.random.Generator, published: Published) -> Filled:
    """Fill the hidden cells of every school."""
    eligible, chronic = published.eligible.copy(), published.chronic.copy()
    shown = np.where(eligible > 0, eligible, 0)
    # how common a group is where it is hidden: rarer than where it is shown
    everybody = shown[:, COLUMN[TOTAL]]
    usual = (shown.sum(axis=0) + 1) / max(int(everybody.sum()), 1)
    rate = float(chronic[everybody > 0, COLUMN[TOTAL]].sum() / max(int(everybody.sum()), 1))
    for row in range(len(eligible)):
        school = _School(rng, eligible[row], chronic[row], usual, rate)
        school.total()
        total = int(eligible[row, COLUMN[TOTAL]]), int(chronic[row, COLUMN[TOTAL]])
        school.family(columns_of(RACES), *total)
        school.family(columns_of(GENDERS), *total)
        school.spans()
        school.programs()
    return Filled(eligible, chronic)


def contradictions(published: Published, filled: Filled) -> list[str]:
    """Where no students could be as the file says, by school and in words; empty where all is well."""
    found = []
    total = COLUMN[TOTAL]
    for names in (RACES, GENDERS, tuple(SPANS)):
        for counts, what in ((filled.eligible, "eligible"), (filled.chronic, "chronic")):
            differs = counts[:, columns_of(names)].sum(axis=1) != counts[:, total]
            found += [
                f"{published.schools[row].cds_code}: {what} students of {', '.join(names)} do not sum to all students"
                for row in np.flatnonzero(differs).tolist()
            ]
    ss = COLUMN["SS"]
    for name in ("SF", "SH", "SM"):
        column = COLUMN[name]
        others = filled.eligible - filled.chronic
        wrong = (filled.chronic[:, column] > filled.chronic[:, ss]) | (others[:, column] > others[:, ss])
        found += [
            f"{published.schools[row].cds_code}: more students of {name} than of SS, which holds them"
            for row in np.flatnonzero(wrong).tolist()
        ]
    return found
