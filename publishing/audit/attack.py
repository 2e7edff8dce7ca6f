"""Bounds of each hidden count: first by passing bounds along, then by linear programming (HiGHS).

Counts are whole numbers. Bounds are passed from relation to relation until nothing moves; what is still free falls
apart into components that know nothing of each other. In each, a linear program looks for pairs of solutions that
differ by the width in as many cells at once as it can: two witnesses prove a cell safe. Only cells without witnesses
get programs of their own, and there one program asks about one cell of every component together.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import highspy
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# What a solver's sixth decimal may be off before a whole number is another one.
NEAR = 1e-5
# Columns that are solved together: fewer are quick to solve, more are few to load.
_BATCH = 4000
# Random directions that are tried at most; they end where asking one by one settles more.
_DIRECTIONS = 100
_SWEEPS = 500
# Seconds between two lines of progress.
_QUIET = 10.0


@dataclass(frozen=True)
class System:
    """Variables with bounds, and relations ``row_lower <= sum of value x variable <= row_upper`` as compressed rows.

    judged: the hidden counts; other variables are shown, or stand in no table
    soft:   the relations that an attacker drops where they contradict what is public
    far:    the relations of the county, that tie all districts together: they are asked last
    """

    lower: Floats
    upper: Floats
    judged: Bools
    start: Ints
    column: Ints
    value: Floats
    row_lower: Floats
    row_upper: Floats
    soft: Bools
    far: Bools

    def rows(self, keep: Ints) -> System:
        """The system with these relations only, in this order."""
        sizes = np.diff(self.start)[keep]
        start = np.concatenate([[0], np.cumsum(sizes)])
        at = np.repeat(self.start[keep] - start[:-1], sizes) + np.arange(start[-1])
        return System(
            self.lower,
            self.upper,
            self.judged,
            start,
            self.column[at],
            self.value[at],
            self.row_lower[keep],
            self.row_upper[keep],
            self.soft[keep],
            self.far[keep],
        )

    def stages(self, kept: Ints) -> tuple[Ints, ...]:
        """Of these relations first few, then more: components are small, and what is unsafe by few is unsafe."""
        few = [kept[~self.soft[kept] & ~self.far[kept]], kept[~self.far[kept]], kept]
        return tuple(rows for place, rows in enumerate(few) if place == 2 or len(rows) < len(few[place + 1]))


@dataclass(frozen=True)
class Passed:
    """Bounds after they were passed along.

    lower_by, upper_by: the relation that gave each bound, -1 where it stood from the beginning
    crossed:            variables whose bounds contradict each other
    """

    lower: Floats
    upper: Floats
    lower_by: Ints
    upper_by: Ints
    crossed: Ints


@dataclass(frozen=True)
class Stage:
    """Relations that still say something, and the component of each variable and relation (-1 where none is free)."""

    rows: Ints
    label: Ints
    row_label: Ints


@dataclass(frozen=True)
class Attack:
    """What the attack found.

    lower, upper: bounds that surely hold of what is known; of a safe variable they may be wider than need be
    unsafe:       judged variables whose bounds lie closer than the width
    dropped:      soft relations that what is public contradicts
    contradictory: hard relations that what is public contradicts, left out so that the rest can be judged
    by_passing:   how many of the unsafe bounds needed no linear program
    passed:       the bounds that were passed along
    system:       the system as it was judged
    """

    lower: Floats
    upper: Floats
    unsafe: Ints
    dropped: Ints
    contradictory: Ints
    by_passing: int
    passed: Passed
    programs: int
    system: System

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The relations by which cells were bounded, fewest first, with their components."""
        system, passed = self.system, self.passed
        out = np.union1d(self.dropped, self.contradictory).astype(np.int64)
        kept = np.setdiff1d(_tight(system, passed.lower, passed.upper), out)
        return tuple(
            _stage(system, passed.upper - passed.lower > NEAR, rows) for rows in system.stages(kept) if len(rows)
        )


def _tight(system: System, lower: Floats, upper: Floats) -> Ints:
    """The relations that are not true of all that lies within the bounds."""
    least, most = activity(system, lower, upper)
    return np.flatnonzero((least < system.row_lower - NEAR) | (most > system.row_upper + NEAR))


def _stage(system: System, free: Bools, rows: Ints) -> Stage:
    label = components(system, free, rows)
    part = system.rows(rows)
    row_of = np.repeat(np.arange(len(rows)), np.diff(part.start))
    inside = free[part.column]
    row_label = np.full(len(rows), -1)
    row_label[row_of[inside]] = label[part.column[inside]]
    return Stage(rows, label, row_label)


def pass_bounds(system: System, lower: Floats | None = None, upper: Floats | None = None) -> Passed:
    """Pass bounds along all relations until none moves; where bounds cross, they are left as they were before."""
    lower = (system.lower if lower is None else lower).copy()
    upper = (system.upper if upper is None else upper).copy()
    count, rows = len(lower), len(system.row_lower)
    lower_by, upper_by = np.full(count, -1), np.full(count, -1)
    row_of = np.repeat(np.arange(rows), np.diff(system.start))
    crossed = np.zeros(count, dtype=bool)
    active = np.ones(rows, dtype=bool)
    for _ in range(_SWEEPS):
        keep = np.flatnonzero(active[row_of])
        if not len(keep):
            break
        column, row = system.column[keep], row_of[keep]
        new_lower, new_upper = _implied(system, lower, upper, keep=keep, row=row)
        best_lower, best_upper = lower.copy(), upper.copy()
        np.maximum.at(best_lower, column, new_lower)
        np.minimum.at(best_upper, column, new_upper)
        crossing = best_lower > best_upper + NEAR
        crossed |= crossing
        up, down = (best_lower > lower + NEAR) & ~crossed, (best_upper < upper - NEAR) & ~crossed
        at = np.flatnonzero(up[column] & (new_lower == best_lower[column]))
        lower_by[column[at]] = row[at]
        at = np.flatnonzero(down[column] & (new_upper == best_upper[column]))
        upper_by[column[at]] = row[at]
        lower[up], upper[down] = best_lower[up], best_upper[down]
        active[:] = False
        active[row_of[(up | down)[system.column]]] = True
    return Passed(lower, upper, lower_by, upper_by, np.flatnonzero(crossed))


def _implied(system: System, lower: Floats, upper: Floats, *, keep: Ints, row: Ints) -> tuple[Floats, Floats]:
    """Bounds that the relations of these terms give their variables, whole numbers. Terms of a row stand together."""
    column, value = system.column[keep], system.value[keep]
    low = np.where(value > 0, value * lower[column], value * upper[column])
    high = np.where(value > 0, value * upper[column], value * lower[column])
    least, most = _others(low, row), _others(high, row)
    above, below = (system.row_upper[row] - least) / value, (system.row_lower[row] - most) / value
    new_upper = np.where(value > 0, above, below)
    new_lower = np.where(value > 0, below, above)
    with np.errstate(invalid="ignore"):
        new_upper, new_lower = np.floor(new_upper + NEAR), np.ceil(new_lower - NEAR)
    return np.where(np.isnan(new_lower), -np.inf, new_lower), np.where(np.isnan(new_upper), np.inf, new_upper)


def _others(each: Floats, row: Ints) -> Floats:
    """Per term, the sum of the other terms of its row, infinite where one of them is."""
    finite = np.isfinite(each)
    first = np.concatenate([[0], np.flatnonzero(np.diff(row)) + 1])
    size = np.diff(np.concatenate([first, [len(row)]]))
    known = np.where(finite, each, 0.0)
    total = np.repeat(np.add.reduceat(known, first), size)
    endless = np.repeat(np.add.reduceat((~finite).astype(np.int64), first), size)
    infinity = np.inf if np.any(each == np.inf) else -np.inf
    return np.where(endless - ~finite > 0, infinity, total - known)


def activity(system: System, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """The least and the most that each relation's sum can be."""
    value, column = system.value, system.column
    low = np.where(value > 0, value * lower[column], value * upper[column])
    high = np.where(value > 0, value * upper[column], value * lower[column])
    if not len(low):
        return np.zeros(0), np.zeros(0)
    return np.add.reduceat(low, system.start[:-1]), np.add.reduceat(high, system.start[:-1])


def components(system: System, free: Bools, rows: Ints) -> Ints:
    """A number for each variable: the same for free ones that a relation ties, directly or through others."""
    label = np.arange(len(free))
    part = system.rows(rows)
    row_of = np.repeat(np.arange(len(rows)), np.diff(part.start))
    keep = free[part.column]
    column, row = part.column[keep], row_of[keep]
    while True:
        least = np.full(len(rows), len(free))
        np.minimum.at(least, row, label[column])
        new = label.copy()
        np.minimum.at(new, column, least[row])
        new = new[new]
        if np.array_equal(new, label):
            return label
        label = new


class Solver(highspy.Highs):
    """HiGHS on one processor, silent: its banner would stand among the answers of a command."""

    def __init__(self) -> None:
        """Ready for a program."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.setOptionValue("threads", 1)

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS names it so, and calls it before anything is said
        """Be silent before the first word."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


class Program:
    """One linear program over a part of a system, solved again and again with other objectives from where it stood."""

    def __init__(self, system: System, lower: Floats, upper: Floats, *, columns: Ints, rows: Ints) -> None:
        """Load the variables ``columns`` with these bounds and the relations ``rows``; others' variables are fixed."""
        self.columns, self.rows = columns, rows
        self.solved = 0
        part = system.rows(rows)
        place = np.full(len(lower), -1)
        place[columns] = np.arange(len(columns))
        inside = place[part.column] >= 0
        row_of = np.repeat(np.arange(len(rows)), np.diff(part.start))
        fixed = np.bincount(
            row_of[~inside], weights=part.value[~inside] * lower[part.column[~inside]], minlength=len(rows)
        )
        size = np.bincount(row_of[inside], minlength=len(rows))
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(columns), len(rows)
        program.col_cost_ = np.zeros(len(columns))
        program.col_lower_, program.col_upper_ = lower[columns], upper[columns]
        program.row_lower_, program.row_upper_ = part.row_lower - fixed, part.row_upper - fixed
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.concatenate([[0], np.cumsum(size)])
        program.a_matrix_.index_ = place[part.column[inside]]
        program.a_matrix_.value_ = part.value[inside]
        self.highs = Solver()
        self.highs.passModel(program)

    def solve(self, cost: Floats) -> Floats | None:
        """The solution that makes the cost least; None where there is none, or no least."""
        at = np.arange(len(self.columns), dtype=np.int32)
        self.highs.changeColsCost(len(at), at, cost)
        self.highs.run()
        self.solved += 1
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(self.highs.getSolution().col_value)

    def duals(self) -> tuple[Floats, Floats]:
        """What the last answer owes to each relation and to each variable's own bounds."""
        solution = self.highs.getSolution()
        return np.asarray(solution.row_dual), np.asarray(solution.col_dual)

    def overstretched(self, weight: Floats) -> Bools:
        """Which relations must give way, so that together they weigh least (a linear program's answer)."""
        ends = np.arange(len(self.rows), dtype=np.int32)
        none, endless = np.zeros(len(self.rows)), np.full(len(self.rows), np.inf)
        for sign in (1.0, -1.0):
            self.highs.addCols(
                len(self.rows), weight, none, endless, len(self.rows), ends, ends, np.full(len(self.rows), sign)
            )
        self.highs.run()
        found = np.asarray(self.highs.getSolution().col_value)
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return np.ones(len(self.rows), dtype=bool)
        below, above = np.split(found[len(self.columns) :], 2)
        return np.asarray(below + above > NEAR)


@dataclass
class _State:
    """How far the attack has come.

    lower, upper:           bounds that hold of judged variables
    passed_lower and upper: bounds of all variables that programs start from
    """

    lower: Floats
    upper: Floats
    passed_lower: Floats
    passed_upper: Floats
    programs: int = 0


@dataclass(frozen=True)
class _Work:
    """What all steps of one attack share."""

    system: System
    state: _State
    free: Bools
    width: int
    random: np.random.Generator
    say: Callable[[str], None]


class _Seen:
    """The range that the solutions of some variables were seen to span."""

    def __init__(self, count: int) -> None:
        """Of ``count`` variables, none seen."""
        self.lower, self.upper = np.full(count, np.inf), np.full(count, -np.inf)

    def add(self, columns: Ints, point: Floats) -> None:
        """One more solution."""
        self.lower[columns] = np.minimum(self.lower[columns], point)
        self.upper[columns] = np.maximum(self.upper[columns], point)

    def spans(self, cells: Ints, width: int) -> Bools:
        """Whether whole numbers as far apart as the width were seen, or would lie between what was."""
        return np.asarray(np.floor(self.upper[cells] + NEAR) - np.ceil(self.lower[cells] - NEAR) >= width)


def attack(
    system: System,
    width: int,
    say: Callable[[str], None] = lambda _: None,
    *,
    exact: bool = False,
    seed: int = 7,
) -> Attack:
    """Bound every judged variable, as far as it takes to know whether its bounds lie ``width`` apart.

    exact: bound by linear programs also what passing bounds along shows to be unsafe, so that nothing closer is known
    """
    kept, dropped, contradictory, passed = _consistent(system)
    narrow = system.judged & (passed.upper - passed.lower < width)
    by_passing = int(narrow.sum())
    say(f"passing bounds along: {by_passing:,} of {int(system.judged.sum()):,} hidden counts lie closer than {width}")

    state = _State(passed.lower.copy(), passed.upper.copy(), passed.lower, passed.upper)
    free = passed.upper - passed.lower > NEAR
    work = _Work(system, state, free, width, np.random.default_rng(seed), say)
    dropped_too: list[Ints] = [np.zeros(0, dtype=np.int64)]
    for number, rows in enumerate(system.stages(kept)):
        if number or not exact:
            narrow = system.judged & (state.upper - state.lower < width)
        else:
            narrow = np.zeros(len(free), dtype=bool)
        asked = np.flatnonzero(system.judged & free & ~narrow)
        dropped_too.append(_programs(work, np.setdiff1d(rows, np.concatenate(dropped_too)), asked))
    unsafe = np.flatnonzero(system.judged & (state.upper - state.lower < width))
    out = np.concatenate(dropped_too)
    return Attack(
        state.lower,
        state.upper,
        unsafe,
        np.union1d(dropped, out[system.soft[out]]),
        np.union1d(contradictory, out[~system.soft[out]]),
        by_passing,
        passed,
        state.programs,
        system,
    )


def _consistent(system: System) -> tuple[Ints, Ints, Ints, Passed]:
    """Relations that hold together as far as passing bounds tell, those that do not (soft, hard), and the bounds."""
    everything = np.arange(len(system.row_lower))
    out = np.zeros(len(everything), dtype=bool)
    # first what surely holds, then what holds unless it is contradicted
    for soft_too in (False, True):
        for _ in range(20):
            kept = everything[~out & (soft_too | ~system.soft)]
            part = system.rows(kept)
            passed = pass_bounds(part)
            least, most = activity(part, passed.lower, passed.upper)
            broken = (least > part.row_upper + NEAR) | (most < part.row_lower - NEAR)
            if not np.any(broken) and len(passed.crossed):
                touching = np.zeros(len(system.lower), dtype=bool)
                touching[passed.crossed] = True
                row_of = np.repeat(np.arange(len(kept)), np.diff(part.start))
                broken[row_of[touching[part.column]]] = True
            if not np.any(broken):
                break
            if soft_too and np.any(behind := _soft_behind(part, passed, np.flatnonzero(broken))):
                broken = behind
            out[kept[broken]] = True
    passed = _named(passed, kept)
    out_rows = np.flatnonzero(out)
    return kept, out_rows[system.soft[out_rows]], out_rows[~system.soft[out_rows]], passed


def _soft_behind(part: System, passed: Passed, rows: Ints) -> Bools:
    """The soft relations among these, or else those that gave the bounds which contradict these."""
    found = np.zeros(len(part.row_lower), dtype=bool)
    found[rows] = part.soft[rows]
    asked = set() if found.any() else {int(row) for row in rows}
    done: set[int] = set()
    while asked:
        row = asked.pop()
        done.add(row)
        if part.soft[row]:
            found[row] = True
            continue
        columns = part.column[part.start[row] : part.start[row + 1]]
        givers = {int(by) for by in np.concatenate([passed.lower_by[columns], passed.upper_by[columns]]) if by >= 0}
        asked |= givers - done
    return found


def _named(passed: Passed, kept: Ints) -> Passed:
    """The relations that gave bounds, numbered as in the whole system."""

    def whole(by: Ints) -> Ints:
        return np.where(by >= 0, kept[np.maximum(by, 0)], -1) if len(kept) else by

    return Passed(passed.lower, passed.upper, whole(passed.lower_by), whole(passed.upper_by), passed.crossed)


def _programs(work: _Work, rows: Ints, open_cells: Ints) -> Ints:
    """Settle the open cells component by component, small ones in batches; the relations that had to be dropped."""
    system, state, free = work.system, work.state, work.free
    rows = np.intersect1d(rows, _tight(system, state.passed_lower, state.passed_upper))
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    stage = _stage(system, free, rows)
    label, row_label = stage.label, stage.row_label
    asked = np.zeros(len(free), dtype=bool)
    asked[label[open_cells]] = True
    columns = np.flatnonzero(free & asked[label])
    columns = columns[np.argsort(label[columns], kind="stable")]
    labels, sizes = np.unique(label[columns], return_counts=True)
    if not len(labels):
        return np.zeros(0, dtype=np.int64)
    batch_of = np.full(len(free) + 1, -1)
    batch_of[labels] = np.cumsum(sizes) // _BATCH
    batches = np.unique(batch_of[labels])
    work.say(f"{len(labels):,} components, the largest of {int(sizes.max()):,} counts, in {len(batches):,} programs")
    dropped: list[Ints] = []
    told = time.monotonic()
    for number, batch in enumerate(batches):
        cells = open_cells[batch_of[label[open_cells]] == batch]
        its_columns = columns[batch_of[label[columns]] == batch]
        dropped.append(_settle(work, its_columns, rows[batch_of[row_label] == batch], cells, label=label))
        if time.monotonic() - told > _QUIET or number + 1 == len(batches):
            told = time.monotonic()
            work.say(f"{number + 1} of {len(batches)} programs done, {state.programs:,} solutions")
    return np.concatenate(dropped)


def _settle(work: _Work, columns: Ints, rows: Ints, cells: Ints, *, label: Ints) -> Ints:
    """Settle these cells: by witnesses in random directions, then one cell of each component at a time."""
    state = work.state
    program, dropped = _feasible(work, columns, rows)
    point = program.solve(np.zeros(len(columns)))
    if point is None:
        return dropped
    seen = _Seen(len(state.lower))
    seen.add(columns, point)
    place = np.full(len(state.lower), -1)
    place[columns] = np.arange(len(columns))
    cells = _by_witnesses(work, program, seen, cells, label=label)
    told, asked = time.monotonic(), len(cells)
    while len(cells):
        # the first open cell of each component
        _, first = np.unique(label[cells], return_index=True)
        chosen = cells[first]
        for sign in (1.0, -1.0):
            # the least alone may lie far enough from what was seen
            chosen = chosen[~seen.spans(chosen, work.width)]
            if not len(chosen):
                break
            cost = np.zeros(len(columns))
            cost[place[chosen]] = sign
            point = program.solve(cost)
            if point is None:
                continue
            seen.add(columns, point)
            found = point[place[chosen]]
            if sign > 0:
                state.lower[chosen] = np.maximum(state.lower[chosen], np.ceil(found - NEAR))
            else:
                state.upper[chosen] = np.minimum(state.upper[chosen], np.floor(found + NEAR))
        cells = np.delete(cells, first)
        cells = cells[~seen.spans(cells, work.width)]
        if time.monotonic() - told > _QUIET:
            told = time.monotonic()
            work.say(f"{len(cells):,} of {asked:,} counts without witnesses left, {program.solved:,} solutions")
    state.programs += program.solved
    return dropped


def _feasible(work: _Work, columns: Ints, rows: Ints) -> tuple[Program, Ints]:
    """A program of these relations, but for the fewest that must be dropped for it to have a solution."""
    system, lower, upper = work.system, work.state.passed_lower, work.state.passed_upper
    # a variable without a highest value would leave some objectives without an answer
    upper = np.where(np.isinf(upper), np.maximum(lower, 0) + 1e6, upper)
    program = Program(system, lower, upper, columns=columns, rows=rows)
    if program.solve(np.zeros(len(columns))) is not None:
        return program, np.zeros(0, dtype=np.int64)
    weight = np.where(system.soft[rows], 1.0, 1000.0)
    stretched = Program(system, lower, upper, columns=columns, rows=rows)
    dropped = rows[stretched.overstretched(weight)]
    return Program(system, lower, upper, columns=columns, rows=np.setdiff1d(rows, dropped)), dropped


def _by_witnesses(work: _Work, program: Program, seen: _Seen, cells: Ints, *, label: Ints) -> Ints:
    """Look in random directions for solutions that differ; the cells that are still without two far enough apart."""
    place = np.full(len(label), -1)
    place[program.columns] = np.arange(len(program.columns))
    cells = cells[~seen.spans(cells, work.width)]
    for turn in range(_DIRECTIONS):
        if not len(cells):
            break
        cost = np.zeros(len(program.columns))
        sign = (1.0, -1.0)[turn] if turn < 2 else work.random.choice([1.0, -1.0], len(cells))
        cost[place[cells]] = sign * work.random.uniform(0.5, 1.5, len(cells))
        point = program.solve(cost)
        if point is not None:
            seen.add(program.columns, point)
        left = cells[~seen.spans(cells, work.width)]
        # asked one by one, two solutions settle one cell of each component
        if turn > 3 and len(cells) - len(left) < max(len(np.unique(label[left])) / 2, 1):
            return left
        cells = left
    return cells
