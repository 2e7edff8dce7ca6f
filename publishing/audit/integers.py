"""A second attack, on a sample: whole numbers.

Each count is a whole number, and of a family's one cover and the only other group not both are empty. Integer programs
ask for the least and the most of each hidden count of whole districts: the district, its schools, all years. What lies
beyond the district (the county's relations) is kept with the bounds that the first attack found.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np

from publishing.audit.attack import NEAR, Attack, Bools, Floats, Ints, Program, activity
from publishing.audit.knowledge import Knowledge

# Whole solutions in random directions that are looked for before single cells are asked about.
_DIRECTIONS = 40
_SECONDS = 30.0


@dataclass(frozen=True)
class IntegerAttack:
    """What was asked, and what came of it.

    districts: CDS codes
    cells:     how many hidden counts they and their schools have
    unsafe:    those whose bounds lie closer than the width, with the bounds
    undecided: those for which the time did not suffice
    """

    districts: tuple[str, ...]
    cells: int
    unsafe: tuple[tuple[int, int, int], ...]
    undecided: tuple[int, ...]


def attack_integers(
    knowledge: Knowledge,
    found: Attack,
    number: int,
    say: Callable[[str], None] = lambda _: None,
    *,
    seed: int = 7,
) -> IntegerAttack:
    """Bound the hidden counts of ``number`` districts, drawn at random, by integer programs."""
    random = np.random.default_rng(seed)
    every = [
        str(code)
        for (code,) in knowledge.connection.execute(
            "select distinct entities.district_cds_code from figures inner join entities using (cds_code) "
            "where (is_n_hidden or is_c_hidden) and entities.district_cds_code is not null order by 1"
        ).fetchall()
    ]
    drawn = sorted(random.choice(every, min(number, len(every)), replace=False).tolist()) if every else []
    cells = 0
    unsafe: list[tuple[int, int, int]] = []
    undecided: list[int] = []
    for district in drawn:
        asked, close, open_ = _district(knowledge, found, district, random, say)
        cells += asked
        unsafe += close
        undecided += open_
        say(f"{district}: {asked:,} hidden counts by integer programs, {len(close)} not safe, {len(open_)} undecided")
    return IntegerAttack(tuple(drawn), cells, tuple(unsafe), tuple(undecided))


def _district(
    knowledge: Knowledge, found: Attack, district: str, random: np.random.Generator, say: Callable[[str], None]
) -> tuple[int, list[tuple[int, int, int]], list[int]]:
    system, width = knowledge.system, knowledge.rules.narrowest_bounds
    figures = np.asarray(
        knowledge.connection.execute(
            "select f from figures inner join entities using (cds_code) "
            "where entities.district_cds_code = ? order by f",
            [district],
        ).fetchnumpy()["f"],
        dtype=np.int64,
    )
    own = np.zeros(len(system.lower), dtype=bool)
    own[2 * figures] = own[2 * figures + 1] = True
    cells = np.flatnonzero(own & system.judged & (found.passed.upper - found.passed.lower >= width))
    whole = Whole(knowledge, found, own)
    return int((own & system.judged).sum()), *settle(whole, cells, width, random, say)


class Whole:
    """An integer program over the counts of some figures, their labels as alternatives."""

    def __init__(self, knowledge: Knowledge, found: Attack, own: Bools) -> None:
        """Load what touches the ``own`` variables."""
        system, passed = found.system, found.passed
        out = np.zeros(len(system.row_lower), dtype=bool)
        out[found.dropped] = out[found.contradictory] = True
        least, most = activity(system, passed.lower, passed.upper)
        tight = (least < system.row_lower - NEAR) | (most > system.row_upper + NEAR)
        row_of = np.repeat(np.arange(len(out)), np.diff(system.start))
        free = passed.upper - passed.lower > NEAR
        touched = np.zeros(len(out), dtype=bool)
        touched[row_of[own[system.column] & free[system.column]]] = True
        rows = np.flatnonzero(touched & tight & ~out)
        inside = system.rows(rows).column
        self.columns: Ints = np.union1d(np.flatnonzero(own & free), inside[free[inside]])
        self.upper: Floats = np.where(np.isinf(passed.upper), np.maximum(passed.lower, 0) + 1e5, passed.upper)
        self.lower = passed.lower
        self.program = Program(system, self.lower, self.upper, columns=self.columns, rows=rows)
        self.highs = self.program.highs
        self.place = np.full(len(own), -1)
        self.place[self.columns] = np.arange(len(self.columns))
        for column in self.place[np.flatnonzero(own & free)]:
            self.highs.changeColIntegrality(int(column), highspy.HighsVarType.kInteger)
        self.count = len(self.columns)
        _alternatives(self, knowledge, own)
        self.highs.setOptionValue("time_limit", _SECONDS)

    def term(self, cell: int) -> tuple[list[int], float]:
        """The variable of a cell, or none and its value."""
        place = int(self.place[cell])
        return ([place], 0.0) if place >= 0 else ([], float(self.lower[cell]))

    def either(self, first: list[tuple[int, float, float]], second: list[tuple[int, float, float]]) -> None:
        """At least one of two lists of limits (cell, coefficient and limit: coefficient x cell >= limit) holds."""
        self.highs.addVar(0.0, 1.0)
        switch = self.count
        self.count += 1
        self.highs.changeColIntegrality(switch, highspy.HighsVarType.kInteger)
        for limits, sign in ((first, 1.0), (second, -1.0)):
            for cell, coefficient, limit in limits:
                self.unless(switch, sign, [(cell, coefficient)], limit)

    def unless(self, switch: int, sign: float, terms: list[tuple[int, float]], limit: float) -> None:
        """``sum >= limit`` unless the switch is on (sign 1) or off (sign -1)."""
        at: list[int] = []
        values: list[float] = []
        least = 0.0
        for cell, coefficient in terms:
            places, fixed = self.term(cell)
            limit -= coefficient * fixed
            at += places
            values += [coefficient] * len(places)
            if places:
                least += min(coefficient * float(self.lower[cell]), coefficient * float(self.upper[cell]))
        slack = max(limit - least, 0.0)
        # sign 1: sum + slack x switch >= limit; sign -1: sum + slack x (1 - switch) >= limit
        self.highs.addRow(
            limit - (slack if sign < 0 else 0.0),
            np.inf,
            len(at) + 1,
            np.array([*at, switch]),
            np.array([*values, sign * slack]),
        )

    def solve(self, cost: Floats) -> Floats | None:
        """A solution, the best of those found in the time there is; None where none was found."""
        at = np.arange(len(self.columns), dtype=np.int32)
        self.highs.changeColsCost(len(at), at, cost)
        self.highs.run()
        info = self.highs.getInfo()
        if info.primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
            return None
        return np.round(np.asarray(self.highs.getSolution().col_value)[: len(self.columns)])

    def is_best(self) -> bool:
        """Whether the last answer is known to be the best there is."""
        return bool(self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def _alternatives(whole: Whole, knowledge: Knowledge, own: Bools) -> None:
    """A family's one cover may be empty, or the only other group: not both."""
    covers = knowledge.connection.execute(
        "select array_agg(f order by f) from figures where reason = 'small_group' and n_lower = 0 and n is null "
        "group by school_year, cds_code, topic, family having count(*) = 2"
    ).fetchall()
    for ((first, second),) in covers:
        if own[2 * first]:
            whole.either([(2 * first, 1.0, 1.0)], [(2 * second, 1.0, 1.0)])


def settle(
    whole: Whole, cells: Ints, width: int, random: np.random.Generator, say: Callable[[str], None]
) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Which cells are unsafe, with their bounds, and which remain undecided."""
    low, high = np.full(len(whole.place), np.inf), np.full(len(whole.place), -np.inf)

    def see(point: Floats | None) -> None:
        if point is not None:
            low[whole.columns] = np.minimum(low[whole.columns], point)
            high[whole.columns] = np.maximum(high[whole.columns], point)

    def left(some: Ints) -> Ints:
        return np.asarray(some[high[some] - low[some] < width])

    # a near best solution is as good a witness
    whole.highs.setOptionValue("mip_rel_gap", 0.2)
    begun = time.monotonic()
    for turn in range(_DIRECTIONS):
        cells = left(cells)
        if not len(cells):
            return [], []
        cost = np.zeros(len(whole.columns))
        sign = (1.0, -1.0)[turn] if turn < 2 else random.choice([1.0, -1.0], len(cells))
        cost[whole.place[cells]] = sign * random.uniform(0.5, 1.5, len(cells))
        see(whole.solve(cost))
        if time.monotonic() - begun > _SECONDS:
            say(f"{len(cells):,} counts without whole witnesses left")
            begun = time.monotonic()
    whole.highs.setOptionValue("mip_rel_gap", 0.0)
    unsafe: list[tuple[int, int, int]] = []
    undecided: list[int] = []
    for cell in cells:
        if high[cell] - low[cell] >= width:
            continue
        sure = True
        for sign in (1.0, -1.0):
            cost = np.zeros(len(whole.columns))
            cost[whole.place[cell]] = sign
            see(whole.solve(cost))
            sure &= whole.is_best()
        if high[cell] - low[cell] >= width:
            continue
        if sure:
            unsafe.append((int(cell), int(low[cell]), int(high[cell])))
        else:
            undecided.append(int(cell))
    return unsafe, undecided
