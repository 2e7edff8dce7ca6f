"""How Metabase draws a card: a display of its own and settings, for each kind of the definition.

Not every kind has an equal there. docs/metabase.md says what each becomes and what is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from publishing.definition import Card, Column
from publishing.metabase.queries import Choice, Question, narrowed, of_columns, question, with_year_before
from publishing.metabase.texts import Speaker

# The state's Dashboard colors, red first; they stand only where a value is one of them.
DASHBOARD_COLORS = {"Red": "#b3261e", "Orange": "#c8600a", "Yellow": "#d8a800", "Green": "#2e7d32", "Blue": "#1558b0"}
ACCENT, PAPER = "#0b6e8a", "#ffffff"
# What DuckDB calls a text, and whole numbers.
_TEXT = "VARCHAR"
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"})
_NUMBERS: Mapping[str, Mapping[str, Any]] = {
    "percent": {"number_style": "decimal", "decimals": 1, "suffix": " %"},
    "points": {"number_style": "decimal", "decimals": 1, "suffix": " points"},
    "count": {"number_style": "decimal", "decimals": 0, "number_separators": ".,"},
    "decimal": {"number_style": "decimal", "decimals": 1},
    "ratio": {"number_style": "decimal", "decimals": 1, "suffix": " times"},
    "date": {"date_style": "MMMM D, YYYY"},
}
Settings = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A card as a question of Metabase.

    linked: by the column that is clicked, the dashboard that it leads to and the column with the place's code
    """

    display: str
    asked: Question
    settings: Mapping[str, Any]
    linked: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class _Drawing:
    """What a card is drawn from.

    given: its keys as they are defined; types: the columns of its result, in order, each with its type in DuckDB
    """

    card: Card
    given: Mapping[str, Any]
    types: Mapping[str, str]
    choices: Mapping[str, Choice]
    asked: Question
    say: Speaker

    @property
    def columns(self) -> Mapping[str, Column]:
        return self.given.get("columns") or {}

    def names(self, *keys: str) -> list[str]:
        """The columns that these keys name."""
        return [self.given[key] for key in keys if self.given.get(key)]

    def titles(self) -> dict[str, Settings]:
        """The settings of each column: its label and how its values are written."""
        return {
            name: {"column_title": self.say(column.label), **_NUMBERS.get(column.format, {})}
            for name, column in self.columns.items()
        }

    def links(self) -> dict[str, tuple[str, str]]:
        return {name: (column.link.page, column.link.key) for name, column in self.columns.items() if column.link}

    def more(self) -> list[str]:
        """What the tooltip tells beside what is drawn: the table's other columns, intervals and reference lines."""
        lines = [line.column for key in ("reference", "reference_y") for line in _several(self.given.get(key))]
        listed = [*self.columns, *self.names("lower", "upper"), *lines]
        return [name for name in dict.fromkeys(listed) if name in self.types]


def drawn(card: Card, types: Mapping[str, str], choices: Mapping[str, Choice], say: Speaker) -> Drawn | None:
    """The card as Metabase shows it; None for a sentence, which is a text and no question.

    types: the columns that the card's SQL returns, in order, each with its type in DuckDB
    Raises KeyError with a parameter that nothing gives.
    """
    if card.kind == "sentence":
        return None
    given = {name: getattr(card, name) for name in type(card).model_fields}
    return _KINDS[card.kind](_Drawing(card, given, types, choices, question(card.sql, choices), say))


def key_of(column: str) -> str:
    """As Metabase writes a column's name among its settings."""
    return json.dumps(["name", column], separators=(",", ":"), ensure_ascii=False)


def _by_key(titles: Mapping[str, Settings]) -> dict[str, Settings]:
    return {key_of(name): dict(settings) for name, settings in titles.items()}


def _several(value: object) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, tuple | list) else (value,)


def _chart(of: _Drawing, display: str, dimensions: Sequence[str], metrics: Sequence[str], **more: object) -> Drawn:
    settings: Settings = {
        "graph.dimensions": list(dimensions),
        "graph.metrics": list(metrics),
        "column_settings": _by_key(of.titles()),
        **more,
    }
    if told := [key_of(name) for name in of.more() if name not in {*dimensions, *metrics}]:
        settings["graph.tooltip_columns"] = told
    linked = {name: target for name, target in of.links().items() if name in dimensions}
    return Drawn(display, of.asked, settings, linked)


def _bars(of: _Drawing) -> Drawn:
    return _chart(of, "row", of.names("y"), of.names("start", "x"), **{"graph.show_values": True})


def _line(of: _Drawing) -> Drawn:
    options = {"graph.show_values": False, "graph.x_axis.scale": "ordinal"}
    return _chart(of, "line", of.names("x", "series"), of.names("y"), **options)


def _days(of: _Drawing) -> Drawn:
    options = {"graph.show_values": False, "graph.x_axis.scale": "timeseries"}
    return _chart(of, "line", of.names("date"), of.names("value"), **options)


def _scatter(of: _Drawing) -> Drawn:
    size = {"scatter.bubble": of.given["size"]} if of.given.get("size") else {}
    return _chart(of, "scatter", of.names("x"), of.names("y"), **size)


def _map(of: _Drawing) -> Drawn:
    settings = {
        "map.type": "pin",
        "map.pin_type": "markers",
        "map.latitude_column": of.given["latitude"],
        "map.longitude_column": of.given["longitude"],
        "column_settings": _by_key(of.titles()),
    }
    return Drawn("map", of.asked, settings, of.links())


def _scalar(of: _Drawing) -> Drawn:
    """One number. Only a count has a trend: of a rate, Metabase would tell the change as percent of a percent."""
    value, compare = of.given["value"], of.given.get("compare")
    settings: Settings = {
        "scalar.field": value.column,
        "column_settings": {key_of(value.column): dict(_NUMBERS.get(value.format, {}))},
    }
    if value.format != "count" or compare is None or compare.to is None or "school_year" not in of.asked.choices:
        return Drawn("scalar", of.asked, settings, {})
    settings["scalar.comparisons"] = [{"id": "last_year", "type": "previousValue"}]
    # green where fewer is better
    settings["scalar.switch_positive_negative"] = compare.better == "down"
    return Drawn("smartscalar", with_year_before(of.card.sql, of.choices), settings, {})


def _matrix(of: _Drawing) -> Drawn:
    rows, across, cell = of.names("rows", "across", "cell")
    shaded = {"columns": [cell], "type": "range", "colors": [PAPER, ACCENT], "min_type": "all", "max_type": "all"}
    titles = of.titles()
    settings: Settings = {
        "table.pivot": True,
        "table.pivot_column": across,
        "table.cell_column": cell,
        "table.column_formatting": [shaded],
        "column_settings": _by_key({name: titles[name] for name in (rows, across, cell)}),
    }
    # Metabase pivots a result of three columns and no other
    return Drawn("table", of_columns(of.asked, rows, across, cell), settings, {})


def _table(of: _Drawing) -> Drawn:
    titles = of.titles()
    shown = list(of.columns)
    reason = of.card.reason
    if reason and reason not in of.columns:
        # an empty cell says nothing: the reason stands at the end of the row
        shown.append(reason)
        titles[reason] = {"column_title": of.say.text("why_empty")}
    for name, column in of.columns.items():
        if column.bar:
            titles[name]["show_mini_bar"] = True
    settings: Settings = {
        "table.pivot": False,
        "table.columns": [
            *({"name": name, "enabled": True} for name in shown),
            *({"name": name, "enabled": False} for name in of.types if name not in shown),
        ],
        "column_settings": _by_key(titles),
    }
    colored = [name for name, column in of.columns.items() if str(column.format) == "color"]
    if colored:
        settings["table.column_formatting"] = [
            rule for name in colored for rule in _color_rules(name, of.types.get(name, _TEXT))
        ]
    narrowing = {
        name: of.say(column.label)
        for name, column in of.columns.items()
        if column.filter and of.types.get(name) == _TEXT
    }
    return Drawn("table", narrowed(of.asked, narrowing), settings, of.links())


def _color_rules(column: str, type_: str) -> list[Settings]:
    """The five colors of the state's Dashboard, by their number or by their word."""
    return [
        {
            "columns": [column],
            "type": "single",
            "operator": "=",
            "value": number if type_ in _WHOLE else word,
            "color": color,
            "highlight_row": False,
        }
        for number, (word, color) in enumerate(DASHBOARD_COLORS.items(), 1)
    ]


_KINDS: Mapping[str, Callable[[_Drawing], Drawn]] = {
    "scalar": _scalar,
    "row": _bars,
    "dots": _bars,
    "line": _line,
    "table": _table,
    "matrix": _matrix,
    "heatmap": _days,
    "map": _map,
    "scatter": _scatter,
}
