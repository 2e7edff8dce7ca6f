"""Charts of cards: which marks there are, in words, and what a reader who does not see them is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from publishing.definition import (
    GRID,
    Chart,
    Column,
    DotsCard,
    HeatmapCard,
    LineCard,
    MapCard,
    RowCard,
    ScatterCard,
)
from publishing.open_data import Row
from publishing.site import charts
from publishing.site.charts import RAMP, Axes, Day, Line, Mark, Plot, Point, Scale, Series, Spot, scale_of, step_of
from publishing.site.tell import Teller, as_float

# The page's width and the gap between its columns, in pixels, as style.css has them.
_PAGE, _GAP = 1024, 16
# A drawing for a phone of 375 pixels, and the widest for a desk: longer bars say no more.
_PHONE, _WIDEST = 335, 760
# A chart of more rows is no longer read; the table has them all.
MOST_MARKS = 60
# Of many points only so many carry their names.
_NAMED_POINTS = 6
_LARGEST_RADIUS = 11.0

Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Drawing:
    """A chart for a desk, and one for a phone where the first would be too wide; ``key`` says what marks mean."""

    wide: Markup
    phone: Markup | None = None
    key: Key = ()


def pixels(columns: int) -> int:
    """The width of a card that spans so many of the grid's columns."""
    return math.floor(columns * (_PAGE - (GRID - 1) * _GAP) / GRID + (columns - 1) * _GAP)


def spots_of(card: MapCard | ScatterCard, rows: Sequence[Row]) -> tuple[tuple[float, float] | None, ...]:
    """Where each row lies in a drawing of points, or nothing where it is not drawn."""
    needed = (card.longitude, card.latitude, card.size) if isinstance(card, MapCard) else (card.x, card.y)
    return tuple(
        None if any(row[name] is None for name in needed) else (float(row[needed[0]]), float(row[needed[1]]))
        for row in rows
    )


@dataclass(frozen=True)
class _Steps:
    """What the steps of the ramp mean: each ``size`` wide; the first has no lower end, the last no upper one."""

    low: float
    size: float

    def of(self, value: float | None) -> int | None:
        """The step of a value, from 0."""
        if value is None:
            return None
        return max(0, min(int((value - self.low) / self.size + 1e-9), len(RAMP) - 1))


def _steps_of(values: Sequence[float | None]) -> _Steps:
    """Round steps around most of the values: the lowest and the highest twentieth may lie beyond."""
    known = sorted(value for value in values if value is not None) or [0.0, 1.0]
    first, last = known[len(known) // 20], known[-1 - len(known) // 20]
    size = step_of(last - first, len(RAMP)) if last > first else 1.0
    return _Steps(math.floor(first / size + 1e-9) * size, size)


@dataclass(frozen=True)
class Drawer:
    """Draws the chart of one card.

    rates: the axis of rates, one for all pages of a dashboard
    once:  whether one drawing, as narrow as a phone, serves all screens
    """

    tell: Teller
    rates: Scale
    once: bool

    def draw(self, card: Chart, title: str, says: str) -> Drawing:
        """The card's chart; every kind has its own."""
        match card:
            case RowCard() | DotsCard():
                return self._rows(card, title, says)
            case LineCard():
                return self._lines(card, title, says)
            case HeatmapCard():
                return self._calendar(card, title, says)
            case MapCard():
                return self._map(card, title, says)
            case ScatterCard():
                return self._scatter(card, title, says)
        raise TypeError(f"no drawing for {type(card).__name__}")

    def _drawn(self, plot: Plot, draw: Callable[[Plot], str], key: Key) -> Drawing:
        """The chart at the width of the card and at that of a phone."""

        def at(width: int, suffix: str) -> Markup:
            sized = Plot(width, plot.scale, plot.ident + suffix, plot.title, plot.alternative, plot.of)
            # Drawn from our own specification; every text in it was escaped when it was written as XML.
            return Markup(draw(sized))  # noqa: S704

        wide = min(pixels(self.tell.card.at.width), _WIDEST)
        if self.once or wide < charts.NARROW:
            return Drawing(at(min(wide, _PHONE) if self.once else wide, ""), None, key)
        return Drawing(at(wide, ""), at(_PHONE, "-phone"), key)

    def _plot(self, scale: Scale, title: str, alternative: str, of: str = "") -> Plot:
        return Plot(0, scale, self.tell.card.id.replace("_", "-"), title, alternative, of)

    def _scale(self, column: Column, values: Sequence[float | None]) -> Scale:
        """The axis of rates, or for any other unit one around its own values."""
        return self.rates if column.format == "percent" else scale_of(value for value in values if value is not None)

    def _floats(self, *names: str | None) -> list[float | None]:
        return [as_float(row[name]) for row in self.tell.result.rows for name in names if name]

    def _alternative(self, says: str, values: Sequence[str], text: str, **names: str) -> str:
        """The finding, then the values in order, the first twelve of them."""
        texts = self.tell.words.texts
        listed = "; ".join(values[:12])
        if len(values) > 12:
            listed = texts("alternative.more", shown=listed, count=self.tell.words.count(len(values) - 12))
        return f"{says} {texts(f'alternative.{text}', values=listed, **names)}".strip()

    def _named(self, row: Row, name: str, value: str, column: Column) -> str:
        words = self.tell.words
        said = self.tell.value(row, value, column)[0]
        return words.texts("alternative.value", name=words.term(str(row[name]), name), value=said)

    # rows and dots

    def _marks(self, card: RowCard | DotsCard) -> list[Mark]:
        return [self._mark(card, row) for row in self.tell.result.rows]

    def _mark(self, card: RowCard | DotsCard, row: Row) -> Mark:
        tell, texts = self.tell, self.tell.words.texts
        says, state = tell.value(row, card.x, card.columns[card.x])
        start, lower, upper = None, None, None
        if isinstance(card, DotsCard) and not state:
            if card.start:
                start = as_float(row[card.start])
                first, state = tell.value(row, card.start, card.columns[card.start])
                # Where the beginning is not known, the way is not known either.
                says = first if state else texts("figure.from_to", start=first, end=says)
            if card.lower and card.upper:
                lower, upper = as_float(row[card.lower]), as_float(row[card.upper])
                if lower is not None and upper is not None:
                    ends = [tell.value(row, name, card.columns[name])[0] for name in (card.lower, card.upper)]
                    says = texts("figure.within", value=says, lower=ends[0], upper=ends[1])
        of = row[card.of] if card.of else None
        return Mark(
            name=tell.words.term(str(row[card.y]), card.y),
            value=None if state else as_float(row[card.x]),
            says=says,
            of=tell.words.count(of) if of is not None else "",
            start=None if state else start,
            lower=None if state else lower,
            upper=None if state else upper,
        )

    def _line_at(self, label: str, value: float, column: Column) -> Line:
        return Line(value, f"{label} {self.tell.words.formatted(value, column.format)}")

    def _references(self, card: RowCard | DotsCard) -> list[Line]:
        rows = self.tell.result.rows
        found = [(self.tell.say(line.label), as_float(rows[0][line.column])) for line in card.reference]
        return [self._line_at(label, value, card.columns[card.x]) for label, value in found if value is not None]

    def _rows(self, card: RowCard | DotsCard, title: str, says: str) -> Drawing:
        tell, words = self.tell, self.tell.words
        texts = words.texts
        every, lines = self._marks(card), self._references(card)
        marks = every[:MOST_MARKS]
        ends = [card.start, card.lower, card.upper] if isinstance(card, DotsCard) else []
        column = card.columns[card.x]
        scale = self._scale(column, [*self._floats(card.x, *ends), *(line.value for line in lines)])
        values = [texts("alternative.value", name=mark.name, value=mark.says) for mark in every]
        if isinstance(card, DotsCard) and card.start:
            begin, end = (tell.say(card.columns[name].label) for name in (card.start, card.x))
            alternative = self._alternative(says, values, "dots_from", start=begin, end=end)
        elif isinstance(card, DotsCard):
            alternative = self._alternative(says, values, "dots_within" if card.lower else "dots")
        else:
            alternative = self._alternative(says, values, "row")
        alternative += "".join(f" {texts('alternative.reference', label=line.label)}" for line in lines)
        key: Key = ()
        if isinstance(card, DotsCard) and card.start:
            key = (("start", begin), ("end", end))
        elif lines and any(mark.value is not None and mark.value > lines[0].value for mark in marks):
            key = (("above", texts("card.above")),)
        if len(marks) < len(every):
            drawn = texts("card.not_all", drawn=words.count(len(marks)), of=words.count(len(every)))
            key = (*key, ("rest", drawn))
        chart = charts.rows if isinstance(card, RowCard) else charts.dots
        plot = self._plot(scale, title, alternative, texts("card.of") if card.of else "")
        return self._drawn(plot, lambda sized: chart(sized, marks, lines), key)

    # lines

    def _series(self, card: LineCard) -> list[Series]:
        series = []
        tell, rows = self.tell, self.tell.result.rows
        for name in dict.fromkeys(str(row[card.series]) for row in rows):
            own = [row for row in rows if str(row[card.series]) == name]
            points = tuple(
                Point(
                    tell.value(row, card.x, card.columns[card.x])[0],
                    as_float(row[card.y]),
                    tell.value(row, card.y, card.columns[card.y])[0],
                )
                for row in sorted(own, key=lambda row: (as_float(row[card.x]) or 0.0, str(row[card.x])))
            )
            is_subject = bool(own[0][card.subject]) if card.subject else True
            series.append(Series(tell.words.term(name, card.series), points, is_subject))
        return series

    def _lines(self, card: LineCard, title: str, says: str) -> Drawing:
        texts, series = self.tell.words.texts, self._series(card)
        values = [
            texts(
                "alternative.series",
                name=one.name,
                values=", ".join(texts("alternative.year", year=point.x, value=point.says) for point in one.points),
            )
            for one in series
        ]
        scale = self._scale(card.columns[card.y], self._floats(card.y))
        plot = self._plot(scale, title, self._alternative(says, values, "line"))
        return self._drawn(plot, lambda sized: charts.lines(sized, series), ())

    # shades

    def _key(self, steps: _Steps, column: Column) -> Key:
        """What each step of the ramp means, in words."""
        words = self.tell.words
        said = [words.formatted(steps.low + steps.size * place, column.format) for place in range(len(RAMP))]
        told = [words.texts("card.under", to=said[1])]
        told += [
            words.texts("card.from_to", **{"from": said[place], "to": said[place + 1]})
            for place in range(1, len(RAMP) - 1)
        ]
        told.append(words.texts("card.or_more", **{"from": said[-1]}))
        return tuple((f"step t{place}", text) for place, text in enumerate(told))

    def _calendar(self, card: HeatmapCard, title: str, says: str) -> Drawing:
        words, rows, column = self.tell.words, self.tell.result.rows, card.columns[card.value]
        steps = _steps_of(self._floats(card.value))
        days = [
            Day(row[card.date], steps.of(as_float(row[card.value])), bool(card.marks and row[card.marks]))
            for row in rows
        ]
        most = sorted((row for row in rows if row[card.value] is not None), key=lambda row: -row[card.value])[:5]
        values = [
            words.texts(
                "alternative.value", name=words.date(row[card.date]), value=self.tell.value(row, card.value, column)[0]
            )
            for row in most
        ]
        key = self._key(steps, column)
        marks = dict.fromkeys(
            words.term(str(row[card.marks]), card.marks) for row in rows if card.marks and row[card.marks]
        )
        if marks:
            key = (*key, ("framed", words.texts("card.ringed", marks=", ".join(marks))))
        months, weekdays = words.texts.several("number.months"), words.texts.several("number.weekdays")
        short = [month[:3] for month in months]
        plot = self._plot(self.rates, title, self._alternative(says, values, "heatmap"))
        return self._drawn(plot, lambda sized: charts.calendar(sized, days, short, weekdays), key)

    # points

    def _radius(self, value: float | None, largest: float) -> float:
        return 2.0 + (_LARGEST_RADIUS - 2.0) * math.sqrt((value or 0.0) / largest) if largest else 4.5

    def _map(self, card: MapCard, title: str, says: str) -> Drawing:
        words, column = self.tell.words, card.columns[card.color]
        placed = [
            row
            for row in self.tell.result.rows
            if row[card.longitude] is not None and row[card.latitude] is not None and row[card.size] is not None
        ]
        placed.sort(key=lambda row: (-row[card.size], str(row[card.name])))
        largest = float(placed[0][card.size]) if placed else 0.0
        steps = _steps_of([as_float(row[card.color]) for row in placed])
        spots = [
            Spot(
                float(row[card.longitude]),
                float(row[card.latitude]),
                self._radius(as_float(row[card.size]), largest),
                steps.of(as_float(row[card.color])) or 0,
                name=str(row[card.name]) if place < _NAMED_POINTS else "",
            )
            for place, row in enumerate(placed)
        ]
        if not spots:
            return Drawing(Markup(""))
        values = [self._named(row, card.name, card.size, card.columns[card.size]) for row in placed[:5]]
        size = words.texts("card.size", label=self.tell.say(card.columns[card.size].label).lower())
        key = (*self._key(steps, column), ("rest", size))
        plot = self._plot(self.rates, title, self._alternative(says, values, "map"))
        return self._drawn(plot, lambda sized: charts.geography(sized, spots), key)

    def _scatter(self, card: ScatterCard, title: str, says: str) -> Drawing:
        tell, words = self.tell, self.tell.words
        first = tell.result.rows[0]
        lines = [
            self._line_at(tell.say(line.label), value, card.columns[name])
            if line and (value := as_float(first[line.column])) is not None
            else None
            for line, name in ((card.reference, card.x), (card.reference_y, card.y))
        ]
        rows = [row for row in tell.result.rows if row[card.x] is not None and row[card.y] is not None]

        def beyond(row: Row) -> bool:
            given = [(line, name) for line, name in zip(lines, (card.x, card.y), strict=True) if line]
            return all(float(row[name]) > line.value for line, name in given)

        largest = max((float(row[card.size]) for row in rows if card.size and row[card.size]), default=0.0)
        out = sorted(rows, key=lambda row: (not beyond(row), -float(row[card.y]), str(row[card.name])))
        named = {id(row) for row in out[:_NAMED_POINTS]}
        spots = [
            Spot(
                float(row[card.x]),
                float(row[card.y]),
                self._radius(as_float(row[card.size]), largest) if card.size else 4.5,
                is_subject=beyond(row),
                name=words.term(str(row[card.name]), card.name) if id(row) in named else "",
            )
            for row in rows
        ]
        values = [
            words.texts(
                "alternative.pair",
                name=words.term(str(row[card.name]), card.name),
                x=tell.value(row, card.x, card.columns[card.x])[0],
                y=tell.value(row, card.y, card.columns[card.y])[0],
            )
            for row in out[:5]
        ]
        alternative = self._alternative(says, values, "scatter")
        alternative += "".join(f" {words.texts('alternative.reference', label=line.label)}" for line in lines if line)
        # Points need not begin at zero: only where they lie to each other counts.
        x, y = (
            scale_of(
                [float(row[name]) for row in rows] + ([line.value] if line else []),
                from_zero=False,
            )
            for line, name in zip(lines, (card.x, card.y), strict=True)
        )
        axes = Axes(tell.say(card.columns[card.x].label), tell.say(card.columns[card.y].label), y, *lines)
        key: Key = ()
        if card.size:
            key = (("rest", words.texts("card.size", label=tell.say(card.columns[card.size].label).lower())),)
        plot = self._plot(x, title, alternative)
        return self._drawn(plot, lambda sized: charts.scatter(sized, spots, axes), key)
