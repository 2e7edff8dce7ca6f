"""Why a hidden count is not hidden: the few relations that pin it, and what they say in words and numbers.

The trail of passed bounds and the duals of two linear programs name the relations that were used; then each is left out
in turn, and stays out where the bounds are the same without it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from publishing.audit.attack import NEAR, Attack, Ints, Program, Stage, System, pass_bounds
from publishing.audit.knowledge import MEASURES, Knowledge

# Relations beyond which a proof is told as it was found, without leaving out what it does not need.
_MOST_TRIED = 60
# Hidden counts that one line names.
_MOST_NAMED = 6


@dataclass(frozen=True)
class Finding:
    """A hidden count that is not hidden.

    lower, upper: what an attacker finds; the true count is not known here
    equations:    the relations that pin it, each as a line
    """

    cell: int
    table: str
    school_year: str
    entity_level: str
    cds_code: str
    entity: str
    group: str
    item: str
    measure: str
    reason: str
    lower: int
    upper: int
    equations: tuple[str, ...]

    def headline(self) -> str:
        """Which cell, and what is known of it."""
        known = f"is {self.lower}" if self.lower == self.upper else f"lies between {self.lower} and {self.upper}"
        return (
            f"{self.table}, {self.school_year}, {self.entity_level} {self.entity} ({self.cds_code}), {self.group} "
            f"({self.item}): {self.measure}, hidden as {self.reason}, {known}"
        )


def compact(system: System, rows: Ints, cell: int) -> tuple[System, int, Ints]:
    """These relations over their own variables only; where the cell stands among them; the variables."""
    part = system.rows(rows)
    columns = np.union1d(part.column, [cell])
    return (
        System(
            system.lower[columns],
            system.upper[columns],
            system.judged[columns],
            part.start,
            np.searchsorted(columns, part.column),
            part.value,
            part.row_lower,
            part.row_upper,
            part.soft,
            part.far,
        ),
        int(np.searchsorted(columns, cell)),
        columns,
    )


def bounds_by(system: System, rows: Ints, cell: int) -> tuple[float, float]:
    """Bounds of one variable that follow from these relations alone."""
    part, at, columns = compact(system, rows, cell)
    if not len(rows):
        return float(part.lower[at]), float(part.upper[at])
    passed = pass_bounds(part)
    lower, upper = float(passed.lower[at]), float(passed.upper[at])
    if upper - lower < NEAR:
        return lower, upper
    everywhere = np.arange(len(columns))
    limit = np.where(np.isinf(passed.upper), 1e6, passed.upper)
    program = Program(part, passed.lower, limit, columns=everywhere, rows=np.arange(len(rows)))
    cost = np.zeros(len(columns))
    cost[at] = 1
    for sign in (1, -1):
        point = program.solve(sign * cost)
        if point is None:
            continue
        if sign > 0:
            lower = max(lower, float(np.ceil(point[at] - NEAR)))
        else:
            upper = min(upper, float(np.floor(point[at] + NEAR)))
    return lower, upper


def _trail(system: System, attack: Attack, cells: list[tuple[int, bool]]) -> set[int]:
    """The relations that gave these bounds (of a variable, its lower one or not), and those that gave theirs."""
    rows: set[int] = set()
    done: set[tuple[int, bool]] = set()
    while cells:
        cell, is_lower = cells.pop()
        if (cell, is_lower) in done:
            continue
        done.add((cell, is_lower))
        row = int((attack.passed.lower_by if is_lower else attack.passed.upper_by)[cell])
        if row < 0:
            continue
        rows.add(row)
        terms = slice(system.start[row], system.start[row + 1])
        columns, values = system.column[terms], system.value[terms]
        own = float(values[columns == cell][0])
        # to raise the cell, the sum's upper side and the others' least are used, or the other way round
        least = is_lower == (own < 0)
        cells.extend(
            (int(column), bool((value > 0) == least))
            for column, value in zip(columns, values, strict=True)
            if column != cell
        )
    return rows


def used(system: System, attack: Attack, cell: int) -> set[int]:
    """The relations that one cell's bounds were found by."""
    passed = attack.passed
    if passed.lower[cell] == attack.lower[cell] and passed.upper[cell] == attack.upper[cell]:
        return _trail(system, attack, [(cell, True), (cell, False)])
    found: set[int] = set()
    begun: list[tuple[int, bool]] = []
    for stage in attack.stages:
        found, begun, bounds = _owed(system, attack, stage, cell)
        if bounds == (attack.lower[cell], attack.upper[cell]):
            break
    return found | _trail(system, attack, begun)


def _owed(
    system: System, attack: Attack, stage: Stage, cell: int
) -> tuple[set[int], list[tuple[int, bool]], tuple[float, float]]:
    """The relations and the passed bounds that the least and the most of a cell owe to, and these two."""
    passed = attack.passed
    columns = np.flatnonzero((passed.upper - passed.lower > NEAR) & (stage.label == stage.label[cell]))
    inside = np.zeros(len(passed.lower), dtype=bool)
    inside[columns] = True
    rows = stage.rows[stage.row_label == stage.label[cell]]
    limit = np.where(np.isinf(passed.upper), np.maximum(passed.lower, 0) + 1e6, passed.upper)
    program = Program(system, passed.lower, limit, columns=columns, rows=rows)
    found: set[int] = set()
    begun: list[tuple[int, bool]] = []
    bounds = [float(passed.lower[cell]), float(passed.upper[cell])]
    for side, sign in enumerate((1.0, -1.0)):
        cost = np.zeros(len(columns))
        cost[columns == cell] = sign
        point = program.solve(cost)
        if point is None:
            continue
        value = float(point[columns == cell][0])
        bounds[side] = max(bounds[0], np.ceil(value - NEAR)) if side == 0 else min(bounds[1], np.floor(value + NEAR))
        of_rows, of_columns = program.duals()
        owed = rows[np.abs(of_rows) > NEAR]
        found.update(int(row) for row in owed)
        begun.extend((int(column), True) for column in columns[of_columns > NEAR])
        begun.extend((int(column), False) for column in columns[of_columns < -NEAR])
        # variables that passing bounds has fixed stand in the relations as numbers
        for row in owed:
            fixed = [c for c in system.column[system.start[row] : system.start[row + 1]] if not inside[c]]
            begun.extend((int(column), is_lower) for column in fixed for is_lower in (True, False))
    return found, begun, (bounds[0], bounds[1])


def pinning(system: System, attack: Attack, cell: int) -> tuple[int, ...]:
    """Relations from which one cell's bounds follow, none of them for nothing."""
    rows = sorted(used(system, attack, cell))
    bounds = (float(attack.lower[cell]), float(attack.upper[cell]))
    if len(rows) > _MOST_TRIED or bounds_by(system, np.array(rows, dtype=int), cell) != bounds:
        return tuple(rows)
    for row in list(reversed(rows)):
        fewer = [other for other in rows if other != row]
        if bounds_by(system, np.array(fewer, dtype=int), cell) == bounds:
            rows = fewer
    return tuple(rows)


def in_words(knowledge: Knowledge, row: int, system: System | None = None) -> str:
    """One relation as a line: its name, what of it is hidden, and what the shown rest leaves of it.

    system: the one that was attacked, where it is not that of what is shown now
    """
    system = system or knowledge.system
    terms = slice(system.start[row], system.start[row + 1])
    columns, values = system.column[terms], system.value[terms]
    shown = system.upper[columns] - system.lower[columns] < NEAR
    rest = float(np.dot(values[shown], system.lower[columns[shown]]))
    hidden = list(zip(columns[~shown], values[~shown], strict=True))
    name = knowledge.relation(row)
    lower, upper = system.row_lower[row] - rest, system.row_upper[row] - rest
    if not hidden:
        return name
    if hidden[0][1] < 0:
        hidden = [(column, -value) for column, value in hidden]
        lower, upper = -upper, -lower
    lower, upper = lower + 0.0, upper + 0.0
    mixed = len({column % 2 for column, _ in hidden}) > 1 or not name.endswith(tuple(MEASURES))
    places = {str(knowledge.describe(int(column))["cds_code"]) for column, _ in hidden[: _MOST_NAMED + 1]}
    sides = []
    for place, (column, value) in enumerate(hidden[:_MOST_NAMED]):
        told = knowledge.describe(int(column))
        words = str(told["group"]) + (f" {told['measure']}" if mixed else "")
        words += f" at {told['entity']}" if len(places) > 1 else ""
        sign = ("- " if value < 0 else "+ ") if place else ("-" if value < 0 else "")
        size = "" if abs(value) == 1 else f"{abs(value):.4g} x "
        sides.append(f"{sign}{size}{words}")
    if len(hidden) > _MOST_NAMED:
        sides.append(f"and {len(hidden) - _MOST_NAMED} more")
    left = " ".join(sides)
    if lower == upper:
        return f"{name}: {left} = {lower:g}"
    if np.isinf(upper):
        return f"{name}: {left} >= {lower:g}"
    if np.isinf(lower):
        return f"{name}: {left} <= {upper:g}"
    return f"{name}: {lower:g} <= {left} <= {upper:g}"


def explain(
    knowledge: Knowledge, attack: Attack, cell: int, *, equations: bool = True, bounds: tuple[int, int] | None = None
) -> Finding:
    """One unsafe cell in words, with at most a dozen lines of equations; ``bounds`` where another attack found them."""
    told = knowledge.describe(cell)
    lines: list[str] = []
    if equations:
        if knowledge.system.lower[cell] == knowledge.system.upper[cell]:
            lines.append(knowledge.shown_by(cell))
        rows = pinning(attack.system, attack, cell)
        lines += [in_words(knowledge, row, attack.system) for row in rows[:12]]
        if len(rows) > 12:
            lines.append(f"and {len(rows) - 12} more")
    lower, upper = bounds or (int(attack.lower[cell]), int(attack.upper[cell]))
    return Finding(
        cell,
        table=str(told["table"]),
        school_year=str(told["school_year"]),
        entity_level=str(told["entity_level"]),
        cds_code=str(told["cds_code"]),
        entity=str(told["entity"]),
        group=str(told["group"]),
        item=str(told["item"]),
        measure=str(told["measure"]),
        reason=str(told["reason"]),
        lower=lower,
        upper=upper,
        equations=tuple(lines),
    )
