"""A card with its figures, in the words and drawings that a page shows: everything decided, nothing laid out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from publishing.definition import (
    Card,
    Chart,
    Column,
    Compare,
    Figure,
    Link,
    MapCard,
    MatrixCard,
    ScalarCard,
    ScatterCard,
    SentenceCard,
)
from publishing.open_data import Row
from publishing.site.cells import Table, color_of, matrix_of, table_of
from publishing.site.charts import Scale
from publishing.site.figures import Drawer, Drawing, spots_of
from publishing.site.tell import Teller


@dataclass(frozen=True)
class View:
    """One card, ready to be laid out."""

    id: str
    kind: str
    title: str
    says: str = ""
    note: str = ""
    drawing: Drawing | None = None
    table: Table | None = None
    empty: bool = False
    value: str = ""
    of: str = ""
    compare: str = ""
    direction: str = ""
    state: str = ""


@dataclass(frozen=True)
class Setting:
    """What a card's view needs from the page around it.

    rates: the axis of rates
    once:  whether one drawing serves all screens
    href:  where a link of a row leads, or nothing
    """

    rates: Scale
    once: bool
    href: Callable[[Row, Link | None], str]


def _scalar(card: ScalarCard, tell: Teller, base: dict[str, Any]) -> View:
    words = tell.words
    texts = words.texts
    if not tell.result.rows:
        return View(**base, says=tell.finding(), empty=True)
    row = tell.result.rows[0]
    value, state = tell.value(row, card.value.column, Column(label=card.title, format=card.value.format))
    of = ""
    if not state and card.value.of and row[card.value.of] is not None:
        total = words.count(row[card.value.of])
        part = row[card.value.count] if card.value.count else None
        of = (
            texts("figure.of", of=total)
            if part is None
            else texts("figure.count_of", count=words.count(part), of=total)
        )
    compare, direction = "", ""
    if card.compare and not state:
        compare, direction = _comparison(card.value, card.compare, tell, row)
    if card.value.format == "color":
        state = state or color_of(row[card.value.column])
    return View(**base, says=tell.say(card.says), value=value, state=state, of=of, compare=compare, direction=direction)


def _comparison(value: Figure, compare: Compare, tell: Teller, row: Row) -> tuple[str, str]:
    """How the figure stands to the other one, in words; against last year also its direction, and if that is better."""
    words, texts = tell.words, tell.words.texts
    if compare.to == "last_year":
        last = tell.result.last_rows
        other = last[0][value.column] if last else None
        label = texts("figure.last_year")
        missing = texts("figure.no_last_year")
    else:
        other = row[compare.column] if compare.column else None
        label = tell.say(compare.label)
        missing = texts("figure.no_other", other=label)
    if other is None:
        return missing, ""
    figure = words.formatted(other, value.format)
    difference = row[value.column] - other
    if not difference:
        return texts("figure.same", other=label, figure=figure), ""
    way = "lower" if difference < 0 else "higher"
    is_better = (way == "lower") == (compare.better == "down")
    # An arrow is for time; two places side by side do not move.
    direction = f"{way} {'better' if is_better else 'worse'}" if compare.to == "last_year" else ""
    match value.format:
        case "percent" | "points":
            apart = words.points(difference)
        case "decimal" | "ratio":
            apart = words.decimal(abs(difference))
        case _:
            apart = words.count(abs(difference))
    return texts(f"figure.{way}", points=apart, other=label, figure=figure), direction


def view(card: Card, tell: Teller, setting: Setting) -> View:
    """The view of one card."""
    title = tell.say(card.title)
    base: dict[str, Any] = {
        "id": card.id.replace("_", "-"),
        "kind": card.kind,
        "title": title,
        "note": tell.say(card.note),
    }
    if isinstance(card, ScalarCard):
        return _scalar(card, tell, base)
    says = tell.finding()
    if isinstance(card, SentenceCard) or not tell.result.rows:
        return View(**base, says=says, empty=not tell.result.rows)
    if isinstance(card, MatrixCard):
        return View(**base, says=says, table=matrix_of(tell, card, setting.rates, title))
    table = table_of(tell, card, setting.href, title)
    if isinstance(card, MapCard | ScatterCard):
        table = replace(table, spots=spots_of(card, tell.result.rows))
    if not isinstance(card, Chart):
        return View(**base, says=says, table=table)
    drawing = Drawer(tell, setting.rates, setting.once).draw(card, title, says)
    return View(**base, says=says, table=table, drawing=drawing)
