"""Tables: the words of each cell, and what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from publishing.definition import NUMBERS, Choose, Column, Link, MatrixCard, TableCard, WithTable
from publishing.open_data import Row
from publishing.site.charts import Scale
from publishing.site.tell import Teller, as_float
from publishing.site.words import COLORS, level_of

# What stands to the right in a table.
_RIGHT = NUMBERS | {"date"}
# A table of more rows has the rest in a file of its own, which is fetched when it is asked for.
MOST_ROWS = 120


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    classes: of the style sheet: hidden or missing where there is no value
    of:      the head-count below the value
    order:   what rows are sorted by, where it is not the number that the text begins with, nor the text
    """

    text: str
    classes: str = ""
    href: str = ""
    of: str = ""
    order: str = ""

    def compact(self) -> str | list[str]:
        """As the page's script reads it: the text alone, or everything in order, without an empty end."""
        parts = [self.text, self.classes, self.href, self.of, self.order]
        while parts and not parts[-1]:
            parts.pop()
        return parts if len(parts) > 1 else self.text


@dataclass(frozen=True)
class Head:
    """The head of one column; ``choices`` are the words that readers may keep rows by."""

    text: str
    column: str
    classes: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table: the first cell of each row names it.

    shown: the rows that stand in the page; all others are in the file ``rest``
    keys:  where readers choose rows, what names each for good
    most:  rows that they may choose
    spots: where each row lies in a drawing of points, in the units of its axes; null where it does not
    """

    caption: str
    head: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shown: tuple[tuple[Cell, ...], ...]
    keys: tuple[str, ...] = ()
    shown_keys: tuple[str, ...] = ()
    most: int = 0
    rest: str = ""
    spots: tuple[tuple[float, float] | None, ...] = ()

    @property
    def has_more(self) -> bool:
        """Whether rows are left out of the page."""
        return len(self.shown) < len(self.rows)


def _order(value: object, column: Column) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return str(level_of(value)) if column.format == "color" and value is not None else ""


def color_of(value: object) -> str:
    """What the style sheet knows a color of the Dashboard by."""
    return f"color {COLORS[level_of(value) - 1].lower()}"


def _classes(value: object, state: str, column: Column) -> str:
    if state:
        return state
    if column.format == "color":
        return color_of(value)
    if column.format == "year":
        return "year"
    if column.format not in _RIGHT:
        return ""
    number = as_float(value)
    if column.bar is None or number is None:
        return "number"
    return f"number bar p{percent_of(number / column.bar)}"


def percent_of(share: float) -> int:
    """A share from 0 to 1 as whole percent: the style sheet has a class for each."""
    return round(100 * max(0.0, min(share, 1.0)))


def table_of(tell: Teller, card: WithTable, href: Callable[[Row, Link | None], str], caption: str) -> Table:
    """The card's columns as a table; ``href`` tells where a link of a row leads, or nothing."""
    rows = []
    for row in tell.result.rows:
        cells = []
        for name, column in card.columns.items():
            text, state = tell.value(row, name, column)
            classes = _classes(row[name], state, column)
            cells.append(Cell(text, classes, href(row, column.link), order=_order(row[name], column)))
        rows.append(tuple(cells))
    head = tuple(
        Head(
            tell.say(column.label),
            name,
            "number" if column.format in _RIGHT else "",
            tuple(sorted({cells[place].text for cells in rows})) if column.filter else (),
        )
        for place, (name, column) in enumerate(card.columns.items())
    )
    choose = card.choose if isinstance(card, TableCard) else None
    if choose is None:
        return Table(caption, head, tuple(rows), tuple(rows[:MOST_ROWS]))
    return _chosen(choose, tell, Table(caption, head, tuple(rows), ()))


def _chosen(choose: Choose, tell: Teller, table: Table) -> Table:
    """The same table with the rows that stand there at first."""
    rows = tell.result.rows
    keys = tuple(str(row[choose.key]) for row in rows)
    first = [place for place, row in enumerate(rows) if row[choose.start]][: choose.most]
    return Table(
        table.caption,
        table.head,
        table.rows,
        tuple(table.rows[place] for place in first),
        keys,
        tuple(keys[place] for place in first),
        choose.most,
    )


def matrix_of(tell: Teller, card: MatrixCard, scale: Scale, caption: str) -> Table:
    """The card's rows as a table of shades."""
    words, rows = tell.words, tell.result.rows
    across = list(dict.fromkeys(str(row[card.across]) for row in rows))
    down = list(dict.fromkeys(str(row[card.rows]) for row in rows))
    cells: Mapping[tuple[str, str], Row] = {(str(row[card.rows]), str(row[card.across])): row for row in rows}
    column = card.columns[card.cell]
    reason = column.reason or card.reason
    silent = {str(row[card.rows]) for row in rows if reason and row[reason] == "not_submitted"}

    def cell(name: str, group: str) -> Cell:
        row = cells.get((name, group))
        if row is None and name in silent:
            # who is at a place that sent nothing, nobody knows
            return Cell(words.hidden("not_submitted"), "hidden")
        if row is None:
            return Cell(words.texts("hidden.no_students"), "missing")
        text, state = tell.value(row, card.cell, column)
        if state:
            return Cell(text, state)
        of = words.texts("figure.of_short", of=words.formatted(row[card.of], "count"))
        shade = percent_of(scale.part(as_float(row[card.cell]) or 0.0))
        return Cell(text, f"number shade p{shade}", of=of)

    head = (
        Head(tell.say(card.columns[card.rows].label), card.rows),
        *(Head(words.term(name, card.across), card.cell, "number") for name in across),
    )
    body = tuple((Cell(words.term(name, card.rows)), *(cell(name, group) for group in across)) for name in down)
    return Table(caption, head, body, body)
