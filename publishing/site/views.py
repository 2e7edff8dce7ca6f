"""A card with its figures, in the words and drawings that a page shows: everything decided, nothing laid out."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import jinja2
from markupsafe import Markup

from publishing.definition import (
    GRID,
    NUMBERS,
    Card,
    Column,
    Compare,
    DefinitionError,
    DotsCard,
    Figure,
    LineCard,
    MatrixCard,
    RowCard,
    ScalarCard,
    SentenceCard,
    Text,
)
from publishing.open_data import Row
from publishing.site import charts
from publishing.site.pages import Page, Result, year_before
from publishing.site.words import NoFigure, Sentences, Words

# The page's width and the gap between its columns, in pixels, as style.css has them.
_PAGE, _GAP = 1024, 16
# A drawing for a phone of 375 pixels, and the widest for a desk: longer bars say no more.
_PHONE, _WIDEST = 335, 760
# A chart of more rows is no longer read; the table has them all.
_MOST_MARKS = 90
# Reasons for which a figure is kept back or was never sent: hatched. Any other is only not there.
_HIDING = frozenset({"small_group", "complement", "all_or_none", "suppressed_by_cde", "not_submitted"})
# What stands to the right in a table.
_RIGHT = NUMBERS | {"date"}


@dataclass(frozen=True)
class Cell:
    """One cell of a table: its words, and what they are."""

    text: str
    numeric: bool = False
    state: str = ""  # hidden, missing, or nothing where there is a value
    href: str = ""
    share: str = ""  # of the bar beside it, or of the shade behind it, from 0 to 1
    of: str = ""
    column: str = ""
    format: str = "text"


@dataclass(frozen=True)
class Table:
    """A table: the first cell of each row names it."""

    caption: str
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Drawing:
    """A chart for a desk, and one for a phone where the first would be too wide for it."""

    wide: Markup
    phone: Markup | None = None


@dataclass(frozen=True)
class View:
    """One card, ready to be laid out."""

    id: str
    kind: str
    title: str
    place: str  # on the grid, for the style sheet
    says: str = ""
    note: str = ""
    key: tuple[tuple[str, str], ...] = ()
    drawing: Drawing | None = None
    table: Table | None = None
    empty: bool = False
    value: str = ""
    of: str = ""
    compare: str = ""
    direction: str = ""
    state: str = ""


def pixels(columns: int) -> int:
    """The width of a card that spans so many of the grid's columns."""
    return math.floor(columns * (_PAGE - (GRID - 1) * _GAP) / GRID + (columns - 1) * _GAP)


@dataclass(frozen=True)
class Teller:
    """Says the texts of one card, over its rows; a DefinitionError names the card where a text cannot be said."""

    sentences: Sentences
    words: Words
    page: Page
    card: Card
    result: Result
    values: Mapping[str, object]

    def say(self, text: Text | None, extra: Mapping[str, object] | None = None) -> str:
        """The text in words; nothing where it needs a figure that is null."""
        if text is None:
            return ""
        template = text.said_in("en")
        try:
            return self.sentences.render(template, {**self.values, **(extra or {})})
        except NoFigure:
            return ""
        except (jinja2.TemplateError, TypeError, KeyError, ValueError) as error:
            raise DefinitionError(
                f"dashboards/{self.page.dashboard.name}.yml, card {self.card.id}: the text {template!r} cannot be "
                f"said: {error}. Use columns of the SQL, rows, place, county, school_year, last_year."
            ) from error

    def finding(self) -> str:
        """What the card says, or what it says where there is nothing to say."""
        if self.result.rows and (said := self.say(self.card.says)):
            return said
        if self.result.rows and self.card.says is None:
            return ""
        return self.say(self.card.empty) or self.words.texts("card.empty", school_year=self.page.school_year)


def _values(page: Page, result: Result, county: str) -> dict[str, object]:
    first = dict(result.rows[0]) if result.rows else {}
    return first | {
        "rows": [dict(row) for row in result.rows],
        "place": page.place.name,
        "county": county,
        "school_year": page.school_year,
        "last_year": year_before(page.school_year),
    }


def teller(page: Page, card: Card, sentences: Sentences, words: Words, county: str) -> Teller:
    """The teller of one card of a page."""
    result = page.results[card.id]
    return Teller(sentences, words, page, card, result, _values(page, result, county))


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float, Decimal)) else None


def _reason(row: Row, column: Column | None, card_reason: str | None) -> object:
    name = (column.reason if column else None) or card_reason
    return row[name] if name else None


@dataclass(frozen=True)
class _Drawer:
    """Makes the views of one page's cards."""

    tell: Teller
    scale: float
    paths: Mapping[tuple[str, str], str]

    @property
    def words(self) -> Words:
        return self.tell.words

    def value(self, row: Row, name: str, column: Column, reason: str | None) -> tuple[str, str]:
        """A value in words and nothing, or why it is not there and whether it is ``hidden`` or ``missing``."""
        if row[name] is not None:
            return self.words.formatted(row[name], column.format), ""
        why = _reason(row, column, reason)
        return self.words.hidden(why), "hidden" if why in _HIDING else "missing"

    def label(self, column: Column) -> str:
        return self.tell.say(column.label)

    def href(self, row: Row, column: Column) -> str:
        if column.link is None:
            return ""
        target = self.paths.get((column.link.page, str(row[column.link.key])))
        return posixpath.relpath(target, posixpath.dirname(self.tell.page.path) or ".") if target else ""

    def table(self, columns: Mapping[str, Column], reason: str | None, caption: str) -> Table:
        head = tuple(
            Cell(self.label(column), numeric=column.format in _RIGHT, column=name) for name, column in columns.items()
        )
        rows = []
        for row in self.tell.result.rows:
            cells = []
            for name, column in columns.items():
                text, state = self.value(row, name, column, reason)
                number = _float(row[name])
                share = min(number / column.bar, 1.0) if column.bar and number is not None else None
                cells.append(
                    Cell(
                        text,
                        numeric=column.format in _RIGHT,
                        state=state,
                        href=self.href(row, column),
                        share="" if share is None else f"{share:.3f}",
                        column=name,
                        format=column.format,
                    )
                )
            rows.append(tuple(cells))
        return Table(caption, head, tuple(rows))

    def matrix(self, card: MatrixCard, caption: str) -> Table:
        rows = self.tell.result.rows
        across = list(dict.fromkeys(str(row[card.across]) for row in rows))
        down = list(dict.fromkeys(str(row[card.rows]) for row in rows))
        cells = {(str(row[card.rows]), str(row[card.across])): row for row in rows}
        column = card.columns[card.cell]

        def cell(row: Row | None) -> Cell:
            if row is None:
                return Cell(self.words.texts("hidden.no_students"), state="missing", column=card.cell)
            text, state = self.value(row, card.cell, column, card.reason)
            if state:
                return Cell(text, state=state, column=card.cell)
            of = self.words.texts("figure.of_short", of=self.words.formatted(row[card.of], "count"))
            share = min((_float(row[card.cell]) or 0.0) / self.scale, 1.0)
            return Cell(text, numeric=True, share=f"{share:.3f}", of=of, column=card.cell)

        head = (Cell(self.label(card.columns[card.rows])), *(Cell(name, numeric=True) for name in across))
        body = tuple((Cell(name), *(cell(cells.get((name, group))) for group in across)) for name in down)
        return Table(caption, head, body)

    def references(self, card: RowCard | DotsCard) -> list[charts.Line]:
        rows = self.tell.result.rows
        lines = []
        for reference in card.reference:
            value = _float(rows[0][reference.column]) if rows else None
            if value is not None:
                label = f"{self.tell.say(reference.label)} {self.words.percent(value)}"
                lines.append(charts.Line(value, label))
        return lines

    def marks(self, card: RowCard | DotsCard) -> list[charts.Mark]:
        begin = card.start if isinstance(card, DotsCard) else None
        marks = []
        for row in self.tell.result.rows:
            says, state = self.value(row, card.x, card.columns[card.x], card.reason)
            start = _float(row[begin]) if begin else None
            if begin and not state and start is None:
                # Where the beginning is not known, the way is not known either.
                says, state = self.value(row, begin, card.columns[begin], card.reason)
            elif begin and not state:
                first = self.words.formatted(row[begin], card.columns[begin].format)
                says = self.words.texts("figure.from_to", start=first, end=says)
            of = row[card.of] if card.of else None
            marks.append(
                charts.Mark(
                    name=str(row[card.y]),
                    value=None if state else _float(row[card.x]),
                    says=says,
                    of=self.words.count(of) if of is not None else "",
                    start=None if state else start,
                )
            )
        return marks

    def series(self, card: LineCard) -> list[charts.Series]:
        series = []
        rows = self.tell.result.rows
        for name in dict.fromkeys(str(row[card.series]) for row in rows):
            own = sorted((row for row in rows if str(row[card.series]) == name), key=lambda row: str(row[card.x]))
            points = tuple(
                charts.Point(
                    str(row[card.x]), _float(row[card.y]), self.value(row, card.y, card.columns[card.y], card.reason)[0]
                )
                for row in own
            )
            series.append(charts.Series(name, points, bool(own[0][card.subject]) if card.subject else True))
        return series

    def alternative(self, says: str, values: Sequence[str], text: str, **names: str) -> str:
        """The finding, then the values in order, the first twelve of them."""
        texts = self.words.texts
        listed = "; ".join(values[:12])
        if len(values) > 12:
            listed = texts("alternative.more", shown=listed, count=self.words.count(len(values) - 12))
        return f"{says} {texts(f'alternative.{text}', values=listed, **names)}".strip()

    def mark_alternative(
        self, card: RowCard | DotsCard, says: str, marks: Sequence[charts.Mark], lines: Sequence[charts.Line]
    ) -> str:
        texts = self.words.texts
        values = [texts("alternative.value", name=mark.name, value=mark.says) for mark in marks]
        if isinstance(card, DotsCard) and card.start:
            start, end = (self.label(card.columns[name]) for name in (card.start, card.x))
            alternative = self.alternative(says, values, "dots_from", start=start, end=end)
        else:
            alternative = self.alternative(says, values, "row" if isinstance(card, RowCard) else "dots")
        marked = "".join(f" {texts('alternative.reference', label=line.label)}" for line in lines)
        return alternative + marked

    def line_alternative(self, says: str, series: Sequence[charts.Series]) -> str:
        texts = self.words.texts
        values = [
            texts(
                "alternative.series",
                name=one.name,
                values=", ".join(texts("alternative.year", year=point.x, value=point.says) for point in one.points),
            )
            for one in series
        ]
        return self.alternative(says, values, "line")

    def draw(self, title: str, alternative: str, of: str, chart: Callable[[charts.Plot], str]) -> Drawing:
        """The card's chart, at the width of the card and at that of a phone."""
        ident = self.tell.card.id.replace("_", "-")

        def drawn(width: int, suffix: str) -> Markup:
            plot = charts.Plot(width, self.scale, f"{ident}{suffix}", title, alternative, of)
            # Drawn from our own specification; every text in it was escaped when it was written as XML.
            return Markup(chart(plot))  # noqa: S704

        wide = min(pixels(self.tell.card.at.width), _WIDEST)
        return Drawing(drawn(wide, ""), None if wide < charts.NARROW else drawn(_PHONE, "-phone"))


def _scalar(card: ScalarCard, draw: _Drawer, view: dict[str, Any]) -> View:
    tell, words = draw.tell, draw.words
    texts = words.texts
    if not tell.result.rows:
        return View(**view, says=tell.finding(), empty=True)
    row = tell.result.rows[0]
    column = Column(label=card.title, format=card.value.format)
    value, state = draw.value(row, card.value.column, column, card.reason)
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
        compare, direction = _comparison(card.value, card.compare, draw, row)
    return View(**view, says=tell.say(card.says), value=value, state=state, of=of, compare=compare, direction=direction)


def _comparison(value: Figure, compare: Compare, draw: _Drawer, row: Row) -> tuple[str, str]:
    """How the figure stands to the other one, in words; against last year also its direction, and if that is better."""
    words, texts = draw.words, draw.words.texts
    if compare.to == "last_year":
        last = draw.tell.result.last_rows
        other = last[0][value.column] if last else None
        label = texts("figure.last_year")
        missing = texts("figure.no_last_year")
    else:
        other = row[compare.column] if compare.column else None
        label = draw.tell.say(compare.label)
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
    apart = words.points(difference) if value.format == "percent" else words.count(abs(difference))
    return texts(f"figure.{way}", points=apart, other=label, figure=figure), direction


def view(tell: Teller, scale: float, paths: Mapping[tuple[str, str], str]) -> View:
    """The view of one card.

    scale: where the axis of rates ends, in percent
    paths: the page of each dashboard and place for this school year
    """
    card, draw = tell.card, _Drawer(tell, scale, paths)
    texts = tell.words.texts
    title = tell.say(card.title)
    at = card.at
    base: dict[str, Any] = {
        "id": card.id.replace("_", "-"),
        "kind": card.kind,
        "title": title,
        "place": f"--row: {at.row + 1}; --height: {at.height}; --column: {at.column + 1}; --width: {at.width}",
        "note": tell.say(card.note),
    }
    if isinstance(card, ScalarCard):
        return _scalar(card, draw, base)
    says = tell.finding()
    if isinstance(card, SentenceCard) or not tell.result.rows:
        return View(**base, says=says, empty=not tell.result.rows)
    if isinstance(card, MatrixCard):
        return View(**base, says=says, table=draw.matrix(card, title))
    table = draw.table(card.columns, card.reason, title)
    if not isinstance(card, (RowCard, DotsCard, LineCard)):
        return View(**base, says=says, table=table)
    if isinstance(card, LineCard):
        series = draw.series(card)
        alternative = draw.line_alternative(says, series)
        drawing = draw.draw(title, alternative, "", lambda plot: charts.lines(plot, series))
        return View(**base, says=says, table=table, drawing=drawing)
    every, lines = draw.marks(card), draw.references(card)
    marks = every[:_MOST_MARKS]
    chart = charts.rows if isinstance(card, RowCard) else charts.dots
    drawing = draw.draw(
        title,
        draw.mark_alternative(card, says, every, lines),
        texts("card.of") if card.of else "",
        lambda plot: chart(plot, marks, lines),
    )
    key: tuple[tuple[str, str], ...] = ()
    if isinstance(card, DotsCard) and card.start:
        key = (("start", draw.label(card.columns[card.start])), ("end", draw.label(card.columns[card.x])))
    elif lines and any(mark.value is not None and mark.value > lines[0].value for mark in marks):
        key = (("above", texts("card.above")),)
    if len(marks) < len(every):
        drawn = texts("card.not_all", drawn=tell.words.count(len(marks)), of=tell.words.count(len(every)))
        key = (*key, ("rest", drawn))
    return View(**base, says=says, key=key, table=table, drawing=drawing)
