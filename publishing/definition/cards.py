"""The cards: one class for each kind of a closed set."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from publishing.definition.parts import (
    NUMBERS,
    At,
    Choose,
    Column,
    Compare,
    Figure,
    Format,
    Link,
    Name,
    Reference,
    References,
    Strict,
    Text,
    named,
)


class _Card(Strict):
    """What every card has.

    tab:    the tab it stands in, where the dashboard has tabs
    says:   the finding, in a sentence made from the card's rows; it is also the chart's text alternative
    note:   definition or caveat, in small type
    empty:  what to say where the SQL returns no row, or the sentence has no figure to say
    reason: the column that says why a value is null (small_group, complement, suppressed_by_cde, not_submitted)
    """

    id: Name
    title: Text
    at: At
    tab: Name | None = None
    sql: str
    says: Text | None = None
    note: Text | None = None
    empty: Text | None = None
    reason: Name | None = None

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        return named(reason=self.reason)


class SentenceCard(_Card):
    """The finding: ``says`` in large type, from the first row."""

    kind: Literal["sentence"]
    says: Text


class ScalarCard(_Card):
    """One figure with its comparison and its head-count, from the first row."""

    kind: Literal["scalar"]
    value: Figure
    compare: Compare | None = None

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        wanted = {
            "value.column": self.value.column,
            "value.of": self.value.of,
            "value.count": self.value.count,
            "compare.column": self.compare.column if self.compare else None,
            "compare.of": self.compare.of if self.compare else None,
        }
        return super().needs() | named(**wanted)

    @model_validator(mode="after")
    def _head_count(self) -> ScalarCard:
        if self.value.format == "percent" and self.value.of is None:
            raise ValueError("value is a percentage without its head-count. Name the column with it as value.of")
        return self


class WithTable(_Card):
    """A card whose data stand in a table: of its own, or behind its chart."""

    columns: dict[Name, Column] = Field(min_length=1)

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        needed = super().needs()
        for name, column in self.columns.items():
            needed[name] = f"columns.{name}"
            if column.reason:
                needed[column.reason] = f"columns.{name}.reason"
            if column.link:
                needed[column.link.key] = f"columns.{name}.link.key"
        return needed

    def links(self) -> dict[str, Link]:
        """Each link of the card, with its key."""
        return {f"columns.{name}.link": column.link for name, column in self.columns.items() if column.link}

    @model_validator(mode="after")
    def _rates_have_head_counts(self) -> WithTable:
        formats = {column.format for column in self.columns.values()}
        if "percent" in formats and "count" not in formats:
            raise ValueError("columns show a rate without its head-count. Add the column with it, format: count")
        return self

    def _drawn(self, **keys: str | None) -> None:
        for key, column in keys.items():
            if column is not None and column not in self.columns:
                raise ValueError(f"{key} names {column!r}, which is not among the card's columns. Add it to columns")

    def _number(self, **keys: str | None) -> None:
        self._drawn(**keys)
        for key, column in keys.items():
            if column is not None and self.columns[column].format not in NUMBERS:
                raise ValueError(f"{key} names {column!r}, which has no number. Give it format: percent or count")

    def _formatted(self, wanted: Format, **keys: str | None) -> None:
        self._drawn(**keys)
        for key, column in keys.items():
            if column is not None and self.columns[column].format != wanted:
                raise ValueError(f"{key} names {column!r}, which is no {wanted}. Give it format: {wanted}")


class Chart(WithTable):
    """A chart: ``says`` is its text alternative, ``reason`` what it writes where a value is hidden."""

    says: Text
    reason: Name


class RowCard(Chart):
    """Horizontal bars from zero, one per row of the SQL and in its order; values above the first reference in colour.

    of: the column with the head-count that stands beside each bar
    """

    kind: Literal["row"]
    x: Name
    y: Name
    of: Name | None = None
    reference: References = ()

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        return super().needs() | {line.column: "reference.column" for line in self.reference}

    @model_validator(mode="after")
    def _axes(self) -> RowCard:
        self._number(x=self.x, of=self.of)
        self._drawn(y=self.y)
        return self


class DotsCard(Chart):
    """One dot per row on one scale; a thin line leads to it from the first reference, or from the column ``start``.

    lower, upper: the ends of an interval in which the value lies, drawn as a thin line through the dot
    """

    kind: Literal["dots"]
    x: Name
    y: Name
    start: Name | None = None
    lower: Name | None = None
    upper: Name | None = None
    of: Name | None = None
    reference: References = ()

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        return super().needs() | {line.column: "reference.column" for line in self.reference}

    @model_validator(mode="after")
    def _axes(self) -> DotsCard:
        self._number(x=self.x, start=self.start, lower=self.lower, upper=self.upper, of=self.of)
        self._drawn(y=self.y)
        if (self.lower is None) != (self.upper is None):
            raise ValueError("an interval has two ends. Give both lower and upper, or neither")
        if self.lower is not None and self.start is not None:
            raise ValueError("a dot has a start or an interval, not both. Remove start, or lower and upper")
        return self


class LineCard(Chart):
    """Values over school years, one line per ``series``; the lines whose column ``subject`` is true are in colour."""

    kind: Literal["line"]
    x: Name
    y: Name
    series: Name
    subject: Name | None = None

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        return super().needs() | named(subject=self.subject)

    @model_validator(mode="after")
    def _axes(self) -> LineCard:
        self._number(y=self.y)
        self._drawn(x=self.x, series=self.series)
        return self


class TableCard(WithTable):
    """The rows of the SQL as they are; the first column names the row.

    choose: readers pick which rows stand side by side
    """

    kind: Literal["table"]
    choose: Choose | None = None

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        if self.choose is None:
            return super().needs()
        return super().needs() | {self.choose.key: "choose.key", self.choose.start: "choose.start"}


class MatrixCard(Chart):
    """A table of ``rows`` by ``across``, each cell shaded by its value; order is that of the SQL."""

    kind: Literal["matrix"]
    rows: Name
    across: Name
    cell: Name
    of: Name

    @model_validator(mode="after")
    def _axes(self) -> MatrixCard:
        self._number(cell=self.cell, of=self.of)
        self._drawn(rows=self.rows, across=self.across)
        return self


class HeatmapCard(Chart):
    """A calendar, months across and weekdays down; each day with a row is shaded by its value, other days are blank.

    marks: the column with a word for days that stand out (a dip, a closure), null for all others
    """

    kind: Literal["heatmap"]
    date: Name
    value: Name
    of: Name
    marks: Name | None = None

    @model_validator(mode="after")
    def _axes(self) -> HeatmapCard:
        self._formatted("date", date=self.date)
        self._number(value=self.value, of=self.of)
        self._drawn(marks=self.marks)
        return self


class MapCard(Chart):
    """Points on blank ground, north up: as large as the count ``size``, as dark as the rate ``color``.

    longitude, latitude: degrees (WGS 84); a row without them is in the table only
    """

    kind: Literal["map"]
    longitude: Name
    latitude: Name
    size: Name
    color: Name
    name: Name
    link: Link | None = None

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        key = self.link.key if self.link else None
        wanted = {"longitude": self.longitude, "latitude": self.latitude, "link.key": key}
        return super().needs() | named(**wanted)

    def links(self) -> dict[str, Link]:
        """Each link of the card, with its key."""
        return super().links() | ({"link": self.link} if self.link else {})

    @model_validator(mode="after")
    def _axes(self) -> MapCard:
        self._formatted("count", size=self.size)
        self._formatted("percent", color=self.color)
        self._drawn(name=self.name)
        return self


class ScatterCard(Chart):
    """A point per row by two numbers; a point above both references is in colour.

    reference, reference_y: a named line at a value of x, and of y
    """

    kind: Literal["scatter"]
    x: Name
    y: Name
    name: Name
    size: Name | None = None
    reference: Reference | None = None
    reference_y: Reference | None = None

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        lines = {"reference.column": self.reference, "reference_y.column": self.reference_y}
        return super().needs() | named(**{key: line.column for key, line in lines.items() if line})

    @model_validator(mode="after")
    def _axes(self) -> ScatterCard:
        self._number(x=self.x, y=self.y)
        self._formatted("count", size=self.size)
        self._drawn(name=self.name)
        return self


Card: TypeAlias = Annotated[
    SentenceCard
    | ScalarCard
    | RowCard
    | DotsCard
    | LineCard
    | TableCard
    | MatrixCard
    | HeatmapCard
    | MapCard
    | ScatterCard,
    Field(discriminator="kind"),
]
KINDS: dict[str, type[_Card]] = {
    "sentence": SentenceCard,
    "scalar": ScalarCard,
    "row": RowCard,
    "dots": DotsCard,
    "line": LineCard,
    "table": TableCard,
    "matrix": MatrixCard,
    "heatmap": HeatmapCard,
    "map": MapCard,
    "scatter": ScatterCard,
}
