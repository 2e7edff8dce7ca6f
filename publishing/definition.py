"""A dashboard as code: the strict model of ``dashboards/*.yml``, read and checked.

One file is one dashboard: a title, the question that it answers, who may see it, and cards on a grid of 24 columns. A
card is SQL, a kind of a closed set, and words. The same definition serves the static site now and Metabase later, so it
says what is shown and never how a page draws it.

SQL takes named parameters, bound and never pasted in: ``$school_year`` and any other filter of the dashboard,
``$last_year`` (the school year before), ``$district`` (the 14 digits of the page's district, where ``for_each`` is
``district``).

Words (``title``, ``says``, ``note``, ``empty``, labels) are Jinja templates over the card's rows: see
``publishing/site/words.py`` for what they may call.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import duckdb
import jinja2
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from publishing import open_data
from publishing.errors import PublishingError
from publishing.strict_yaml import StrictLoader

GRID = 24

Format = Literal["text", "percent", "points", "count", "date", "year"]
NUMBERS = frozenset({"percent", "points", "count"})

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class DefinitionError(PublishingError):
    """A dashboard is not as it should be; the message names the file, the card, the key and what to do."""


def _template(text: object) -> object:
    if isinstance(text, str):
        try:
            jinja2.Environment(autoescape=False).parse(text)  # noqa: S701 - parsed for its syntax, never rendered
        except jinja2.TemplateSyntaxError as error:
            raise ValueError(f"{error.message}. Close every brace that the text opens") from error
    return text


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True), BeforeValidator(_template)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class At(_Strict):
    """Where a card lies: rows and columns from 0, on a grid of 24 columns."""

    row: Annotated[int, Field(ge=0)]
    column: Annotated[int, Field(ge=0, lt=GRID)]
    width: Annotated[int, Field(ge=1, le=GRID)]
    height: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _on_the_grid(self) -> At:
        if self.column + self.width > GRID:
            raise ValueError(
                f"column {self.column} and width {self.width} end at {self.column + self.width}, past the grid's "
                f"{GRID} columns. Make the card narrower or move it to the left"
            )
        return self

    def overlaps(self, other: At) -> bool:
        """Whether two cards share a cell of the grid."""
        return (
            self.column < other.column + other.width
            and other.column < self.column + self.width
            and self.row < other.row + other.height
            and other.row < self.row + self.height
        )


class Link(_Strict):
    """To the page of another dashboard that is made for each district; ``key`` names the column with its CDS code."""

    page: Name
    key: Name


class Column(_Strict):
    """One column of a card's table.

    format: percent and points with one decimal, count with thousands separators, date in words
    reason: the column that says why a value is null, where it differs from the card's
    bar:    in a table, the value at which a small bar beside the number is full
    """

    label: Text
    format: Format = "text"
    reason: Name | None = None
    link: Link | None = None
    bar: Annotated[float, Field(gt=0)] | None = None


class Reference(_Strict):
    """A thin named line: the value is the same in every row of the column."""

    column: Name
    label: Text


def _several(value: object) -> object:
    return (value,) if isinstance(value, dict) else value


References = Annotated[tuple[Reference, ...], Field(max_length=2), BeforeValidator(_several)]


class Figure(_Strict):
    """The number of a scalar card, with its head-count: ``count`` of ``of`` students, or ``of`` alone."""

    column: Name
    format: Format
    of: Name | None = None
    count: Name | None = None


class Compare(_Strict):
    """What a figure is set against: the same SQL for last year, or another column of the same row.

    of:     the column with the head-count of the other figure
    better: the direction in which the figure would improve
    """

    to: Literal["last_year"] | None = None
    column: Name | None = None
    label: Text | None = None
    of: Name | None = None
    better: Literal["down", "up"] = "down"

    @model_validator(mode="after")
    def _one_way(self) -> Compare:
        if (self.to is None) == (self.column is None):
            raise ValueError("give either to: last_year or column, not both and not neither")
        if self.column is not None and self.label is None:
            raise ValueError("a comparison with a column needs a label: what the other figure is")
        return self


class _Card(_Strict):
    """What every card has.

    says:   the finding, in a sentence made from the card's rows; it is also the chart's text alternative
    note:   definition or caveat, in small type
    empty:  what to say where the SQL returns no row, or the sentence has no figure to say
    reason: the column that says why a value is null (small_group, complement, suppressed_by_cde, not_submitted)
    """

    id: Name
    title: Text
    at: At
    sql: str
    says: Text | None = None
    note: Text | None = None
    empty: Text | None = None
    reason: Name | None = None

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        return {self.reason: "reason"} if self.reason else {}


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
        named = {
            "value.column": self.value.column,
            "value.of": self.value.of,
            "value.count": self.value.count,
            "compare.column": self.compare.column if self.compare else None,
            "compare.of": self.compare.of if self.compare else None,
        }
        return super().needs() | {column: key for key, column in named.items() if column}

    @model_validator(mode="after")
    def _head_count(self) -> ScalarCard:
        if self.value.format == "percent" and self.value.of is None:
            raise ValueError("value is a percentage without its head-count. Name the column with it as value.of")
        return self


class _WithTable(_Card):
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

    @model_validator(mode="after")
    def _rates_have_head_counts(self) -> _WithTable:
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


class _Chart(_WithTable):
    """A chart: ``says`` is its text alternative, ``reason`` what it writes where a value is hidden."""

    says: Text
    reason: Name


class RowCard(_Chart):
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


class DotsCard(_Chart):
    """One dot per row on one scale; a thin line leads to it from the first reference, or from the column ``start``."""

    kind: Literal["dots"]
    x: Name
    y: Name
    start: Name | None = None
    of: Name | None = None
    reference: References = ()

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        return super().needs() | {line.column: "reference.column" for line in self.reference}

    @model_validator(mode="after")
    def _axes(self) -> DotsCard:
        self._number(x=self.x, start=self.start, of=self.of)
        self._drawn(y=self.y)
        return self


class LineCard(_Chart):
    """Values over school years, one line per ``series``; the lines whose column ``subject`` is true are in colour."""

    kind: Literal["line"]
    x: Name
    y: Name
    series: Name
    subject: Name | None = None

    def needs(self) -> dict[str, str]:
        """Each column that the SQL must return, with the key that asks for it."""
        return super().needs() | ({self.subject: "subject"} if self.subject else {})

    @model_validator(mode="after")
    def _axes(self) -> LineCard:
        self._number(y=self.y)
        self._drawn(x=self.x, series=self.series)
        return self


class TableCard(_WithTable):
    """The rows of the SQL as they are; the first column names the row."""

    kind: Literal["table"]


class MatrixCard(_Chart):
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


Card: TypeAlias = Annotated[
    SentenceCard | ScalarCard | RowCard | DotsCard | LineCard | TableCard | MatrixCard, Field(discriminator="kind")
]
KINDS: dict[str, type[_Card]] = {
    "sentence": SentenceCard,
    "scalar": ScalarCard,
    "row": RowCard,
    "dots": DotsCard,
    "line": LineCard,
    "table": TableCard,
    "matrix": MatrixCard,
}


class Filter(_Strict):
    """A value that readers may change. On the static pages ``school_year`` is a page per year, others stay at default.

    values: what may be chosen, where the data do not say it
    """

    label: Text
    default: str
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _default_is_a_value(self) -> Filter:
        if self.values and self.default not in self.values:
            raise ValueError(f"default {self.default!r} is not among the values. Add it or choose one of them")
        return self


class Dashboard(_Strict):
    """One file of ``dashboards/``; ``name`` is the file's own, without its ending."""

    name: Name
    title: Text
    question: Text
    audience: Literal["public", "county", "district"]
    for_each: Literal["none", "district"] = "none"
    filters: dict[Name, Filter] = Field(default_factory=dict)
    cards: tuple[Card, ...] = Field(min_length=1)

    def parameters(self) -> frozenset[str]:
        """The named parameters that a card's SQL may use."""
        given = set(self.filters)
        if "school_year" in given:
            given.add("last_year")
        if self.for_each != "none":
            given.add(self.for_each)
        return frozenset(given)


def _place(path: Path, content: dict[str, Any], where: Sequence[str | int]) -> tuple[str, list[str]]:
    """The file and card in words, and the key below them as a path."""
    keys = [str(part) for part in where]
    if len(where) >= 2 and where[0] == "cards" and isinstance(where[1], int):
        cards = content.get("cards")
        card = cards[where[1]] if isinstance(cards, list) else None
        name = card.get("id") if isinstance(card, dict) else None
        keys = keys[2:]
        if keys and keys[0] in KINDS:
            keys = keys[1:]
        return f"{path}, card {name or f'number {where[1] + 1}'}", keys
    return str(path), keys


def _known_keys(where: Sequence[str | int]) -> str:
    """The keys allowed beside an unknown one, where that is the top of the file or of a card; else nothing."""
    model: type[BaseModel] | None = None
    if len(where) == 1:
        model = Dashboard
    elif len(where) == 4 and where[0] == "cards":
        model = KINDS.get(str(where[2]))
    if model is None:
        return ""
    return f"; known keys are {', '.join(name for name in model.model_fields if name != 'name')}"


def _explained(path: Path, content: dict[str, Any], error: ValidationError) -> str:
    problems = []
    for item in error.errors():
        place, keys = _place(path, content, item["loc"])
        key = ".".join(keys)
        at = f"{place}, key {key}" if key else place
        match item["type"]:
            case "extra_forbidden":
                what = f"unknown key. Correct its spelling or remove it{_known_keys(item['loc'])}"
            case "missing":
                what = "is missing. Add it"
            case "union_tag_not_found":
                what = f"kind is missing. Add it: one of {', '.join(KINDS)}"
            case "union_tag_invalid":
                what = f"unknown kind. Use one of {', '.join(KINDS)}"
            case "value_error":
                what = str(item["ctx"]["error"])
            case _:
                what = f"{item['msg']}, but it is {item['input']!r}. Correct it"
        problems.append(f"{at}: {what}.")
    return "\n".join(problems)


def _check_cards(path: Path, dashboard: Dashboard) -> list[str]:
    """What is wrong between the cards, and in their SQL as far as it can be told without a database."""
    problems = []
    ids = [card.id for card in dashboard.cards]
    problems += [
        f"{path}, card {card_id}, key id: stands more than once. Give each card its own id."
        for card_id in sorted({card_id for card_id in ids if ids.count(card_id) > 1})
    ]
    problems += [
        f"{path}, card {second.id}, key at: overlaps card {first.id}. Move one of them, or make it smaller."
        for first, second in combinations(dashboard.cards, 2)
        if first.at.overlaps(second.at)
    ]
    used: set[str] = set()
    for card in dashboard.cards:
        at = f"{path}, card {card.id}, key sql"
        try:
            parsed = open_data.parse(card.sql)
        except open_data.OpenDataError as error:
            problems.append(f"{at}: {error}.")
            continue
        used |= parsed.parameters
        strange = open_data.outside(parsed)
        if dashboard.audience == "public" and strange:
            problems.append(
                f"{at}: reads {', '.join(strange)}, but a public card may read the schema {open_data.SCHEMA} only. "
                f"Read one of its tables ({', '.join(open_data.TABLES)}), or make the dashboard's audience county."
            )
        if unknown := sorted(parsed.parameters - dashboard.parameters()):
            problems.append(
                f"{at}: uses ${', $'.join(unknown)}, which nothing gives it. Add a filter of that name, or use one of "
                f"{', '.join('$' + name for name in sorted(dashboard.parameters())) or 'none'}."
            )
    problems += [
        f"{path}, key filters.{name}: no card's SQL uses ${name}. Use it in a card or remove the filter."
        for name in sorted(set(dashboard.filters) - used)
    ]
    return problems


def read_dashboard(path: Path) -> Dashboard:
    """Read one definition; DefinitionError names the file, the card, the key and what to do, one line per problem."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError as missing:
        raise DefinitionError(f"{path} is missing.") from missing
    except yaml.YAMLError as error:
        raise DefinitionError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict):
        raise DefinitionError(f"{path} holds no dashboard. Begin with the keys title, question, audience, cards.")
    if "name" in content:
        raise DefinitionError(f"{path}, key name: a dashboard is named by its file. Remove the key.")
    try:
        dashboard = Dashboard.model_validate({"name": path.stem, **content})
    except ValidationError as error:
        raise DefinitionError(_explained(path, content, error)) from error
    if problems := _check_cards(path, dashboard):
        raise DefinitionError("\n".join(problems))
    return dashboard


def read_dashboards(folder: Path) -> tuple[Dashboard, ...]:
    """Read every ``*.yml`` of the folder, by name; DefinitionError lists the problems of all files."""
    dashboards, problems = [], []
    for path in sorted(folder.glob("*.yml")):
        try:
            dashboards.append(read_dashboard(path))
        except DefinitionError as error:
            problems.append(str(error))
    if not dashboards and not problems:
        raise DefinitionError(f"{folder} holds no dashboard (*.yml). ATTENDANCE's project folder has them.")
    named = {dashboard.name: dashboard for dashboard in dashboards}
    for dashboard in dashboards:
        for card in dashboard.cards:
            for name, column in card.columns.items() if isinstance(card, _WithTable) else ():
                target = named.get(column.link.page) if column.link else None
                if column.link and (target is None or target.for_each == "none") and not problems:
                    problems.append(
                        f"{folder / dashboard.name}.yml, card {card.id}, key columns.{name}.link.page: no dashboard "
                        f"{column.link.page!r} is made for each district. Name one that is."
                    )
    if problems:
        raise DefinitionError("\n".join(problems))
    return tuple(dashboards)


def check_columns(folder: Path, dashboards: Sequence[Dashboard], connection: duckdb.DuckDBPyConnection) -> None:
    """Check against a database that each card's SQL runs and returns every column that the card names.

    DefinitionError names the file, the card, the key, the column and what the SQL does return.
    """
    problems = []
    for dashboard in dashboards:
        for card in dashboard.cards:
            at = f"{folder / dashboard.name}.yml, card {card.id}"
            try:
                returned = open_data.columns(connection, card.sql)
            except duckdb.Error as error:
                problems.append(f"{at}, key sql: {' '.join(str(error).split())}. Correct the query.")
                continue
            problems += [
                f"{at}, key {key}: the SQL returns no column {column!r}; it returns {', '.join(returned)}. "
                "Select it, or correct the name."
                for column, key in card.needs().items()
                if column not in returned
            ]
    if problems:
        raise DefinitionError("\n".join(problems))
