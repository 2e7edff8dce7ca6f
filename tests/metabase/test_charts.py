"""What each kind of card becomes in Metabase, and that its settings name columns that are there."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

import pytest
from pydantic import TypeAdapter

from publishing import definition
from publishing.definition import Card, Chart
from publishing.metabase import bodies
from publishing.metabase.charts import DASHBOARD_COLORS, Drawn, drawn
from publishing.metabase.queries import Choice
from publishing.metabase.texts import Speaker, UnsayableError

TYPES = {
    "place": "VARCHAR",
    "level": "VARCHAR",
    "cds_code": "VARCHAR",
    "rate": "DECIMAL",
    "before": "DECIMAL",
    "county": "DECIMAL",
    "low": "DECIMAL",
    "high": "DECIMAL",
    "students": "INTEGER",
    "day": "DATE",
    "year": "VARCHAR",
    "lon": "DECIMAL",
    "lat": "DECIMAL",
    "color": "INTEGER",
    "reason": "VARCHAR",
}
BASE: dict[str, Any] = {
    "id": "it",
    "title": "It",
    "at": {"row": 0, "column": 0, "width": 12, "height": 6},
    "sql": "select * from t where y = $school_year",
    "says": "It is so.",
    "reason": "reason",
}
COLUMNS: dict[str, Any] = {
    "place": {"label": "Place", "link": {"page": "district", "key": "cds_code"}},
    "rate": {"label": "Rate", "format": "percent", "bar": 100},
    "students": {"label": "Students", "format": "count"},
}
CHOICES = {"school_year": Choice("School year", "2023-24")}
SAY = Speaker({"place": "The county", "county": "The county"})


def card(kind: str, **keys: Any) -> Card:
    """A card of a kind that the definition has."""
    columns = {} if kind in {"scalar", "sentence"} else {"columns": COLUMNS}
    made: Card = TypeAdapter(Card).validate_python({**BASE, **columns, "kind": kind, **keys})
    return made


def made(kind: str, **keys: Any) -> Drawn:
    """A card as Metabase shows it."""
    found = drawn(card(kind, **keys), TYPES, CHOICES, SAY)
    assert found is not None
    _names_only_columns(found)
    bodies._settings(found.settings)
    return found


def _names_only_columns(found: Drawn) -> None:
    """Every column that a setting names is in the result."""
    named = {json.loads(key)[1] for key in found.settings.get("column_settings", {})}
    for key, value in found.settings.items():
        if key in {"graph.dimensions", "graph.metrics"}:
            named |= set(value)
        elif key == "graph.tooltip_columns":
            named |= {json.loads(one)[1] for one in value}
        elif key == "table.columns":
            named |= {one["name"] for one in value}
        elif key == "table.column_formatting":
            named |= {column for rule in value for column in rule["columns"]}
        elif re.fullmatch(r"scalar\.field|scatter\.bubble|.*_column", key):
            named.add(value)
    assert named <= set(TYPES), named - set(TYPES)


def test_a_sentence_is_no_question() -> None:
    assert drawn(card("sentence"), TYPES, CHOICES, SAY) is None


def test_bars_tell_in_their_tooltip_what_they_do_not_draw() -> None:
    found = made("row", x="rate", y="place", of="students", reference={"column": "county", "label": "County"})
    assert found.display == "row"
    assert (found.settings["graph.dimensions"], found.settings["graph.metrics"]) == (["place"], ["rate"])
    assert found.settings["graph.tooltip_columns"] == ['["name","students"]', '["name","county"]']
    assert found.linked == {"place": ("district", "cds_code")}


def test_dots_are_a_bar_for_each_end() -> None:
    columns = {**COLUMNS, "before": {"label": "Before", "format": "percent"}}
    found = made("dots", x="rate", start="before", y="place", columns=columns)
    assert (found.display, found.settings["graph.metrics"]) == ("row", ["before", "rate"])


def test_lines_are_over_years_one_for_each_place() -> None:
    columns = {**COLUMNS, "year": {"label": "Year", "format": "year"}}
    found = made("line", x="year", y="rate", series="place", columns=columns)
    assert (found.display, found.settings["graph.dimensions"]) == ("line", ["year", "place"])
    assert found.settings["graph.x_axis.scale"] == "ordinal"


def test_a_table_shows_its_columns_and_why_a_figure_is_missing() -> None:
    found = made("table")
    shown = [one["name"] for one in found.settings["table.columns"] if one["enabled"]]
    assert shown == ["place", "rate", "students", "reason"]
    assert {one["name"] for one in found.settings["table.columns"]} == set(TYPES)
    settings = found.settings["column_settings"]
    assert settings['["name","reason"]']["column_title"] == "Why a figure is missing"
    assert settings['["name","rate"]'] == {
        "column_title": "Rate",
        "number_style": "decimal",
        "decimals": 1,
        "suffix": " %",
        "show_mini_bar": True,
    }


def test_a_matrix_is_pivoted_from_three_columns() -> None:
    columns = {**COLUMNS, "level": {"label": "Level"}}
    found = made("matrix", rows="place", across="level", cell="rate", of="students", columns=columns)
    assert found.display == "table"
    assert found.asked.sql.startswith('select shown."place", shown."level", shown."rate" from (')
    assert (found.settings["table.pivot_column"], found.settings["table.cell_column"]) == ("level", "rate")


def test_a_rate_stands_alone_and_a_count_has_a_trend() -> None:
    rate = made("scalar", value={"column": "rate", "format": "percent", "of": "students"}, compare={"to": "last_year"})
    assert (rate.display, rate.settings["scalar.field"]) == ("scalar", "rate")
    count = made("scalar", value={"column": "students", "format": "count"}, compare={"to": "last_year"})
    assert count.display == "smartscalar"
    assert count.settings["scalar.comparisons"] == [{"id": "last_year", "type": "previousValue"}]
    assert count.settings["scalar.switch_positive_negative"] is True
    assert "union all" in count.asked.sql
    better = made(
        "scalar", value={"column": "students", "format": "count"}, compare={"to": "last_year", "better": "up"}
    )
    assert better.settings["scalar.switch_positive_negative"] is False
    other = made("scalar", value={"column": "students", "format": "count"}, compare={"column": "rate", "label": "x"})
    assert other.display == "scalar"


def test_a_label_that_needs_rows_cannot_be_said() -> None:
    columns = {**COLUMNS, "place": {"label": "{{ rows[0].place }}"}}
    with pytest.raises(UnsayableError, match="without the rows of a card"):
        made("table", columns=columns)


# ---- kinds and keys that a definition may have, whether or not it has them yet ----


class _Days(Chart):
    kind: Literal["heatmap"]
    date: str
    value: str
    of: str


class _Points(Chart):
    kind: Literal["map"]
    longitude: str
    latitude: str
    size: str
    color: str
    name: str


class _Cloud(Chart):
    kind: Literal["scatter"]
    x: str
    y: str
    name: str
    size: str | None = None


def test_a_calendar_is_a_line_over_its_days() -> None:
    given = _Days.model_validate(
        {**BASE, "columns": COLUMNS, "kind": "heatmap", "date": "day", "value": "rate", "of": "students"}
    )
    found = drawn(given, TYPES, CHOICES, SAY)  # type: ignore[arg-type]
    assert found is not None
    _names_only_columns(found)
    assert (found.display, found.settings["graph.dimensions"]) == ("line", ["day"])
    assert found.settings["graph.x_axis.scale"] == "timeseries"
    assert found.settings["graph.tooltip_columns"] == ['["name","place"]', '["name","students"]']


def test_a_map_is_pins() -> None:
    keys = {"longitude": "lon", "latitude": "lat", "size": "students", "color": "rate", "name": "place"}
    given = _Points.model_validate({**BASE, "columns": COLUMNS, "kind": "map", **keys})
    found = drawn(given, TYPES, CHOICES, SAY)  # type: ignore[arg-type]
    assert found is not None
    _names_only_columns(found)
    assert (found.display, found.settings["map.latitude_column"], found.settings["map.longitude_column"]) == (
        "map",
        "lat",
        "lon",
    )


def test_a_cloud_of_points_has_bubbles_where_points_have_a_size() -> None:
    keys = {"x": "rate", "y": "before", "name": "place"}
    for size, bubble in ((None, None), ("students", "students")):
        given = _Cloud.model_validate({**BASE, "columns": COLUMNS, "kind": "scatter", **keys, "size": size})
        found = drawn(given, TYPES, CHOICES, SAY)  # type: ignore[arg-type]
        assert found is not None
        _names_only_columns(found)
        assert (found.display, found.settings.get("scatter.bubble")) == ("scatter", bubble)


class _Column(definition.Column):
    filter: bool = False
    format: str = "text"  # type: ignore[assignment]


class _Rows(definition.TableCard):
    columns: dict[str, _Column]  # type: ignore[assignment]


def test_a_table_that_can_be_narrowed_asks_by_text_columns_only() -> None:
    columns = {
        "place": {"label": "Place"},
        "level": {"label": "Level", "filter": True},
        "students": {"label": "Students", "format": "count"},
    }
    given = _Rows.model_validate({**BASE, "kind": "table", "columns": columns})
    found = drawn(given, TYPES, CHOICES, SAY)
    assert found is not None
    assert found.asked.optional == {"only_level": "Level"}
    assert '[[and narrowed."level" = {{only_level}}]]' in found.asked.sql


def test_a_color_of_the_states_dashboard_stands_where_a_value_means_it() -> None:
    given = _Rows.model_validate({**BASE, "kind": "table", "columns": {"color": {"label": "Color", "format": "color"}}})
    for type_, values in (("INTEGER", [1, 2, 3, 4, 5]), ("VARCHAR", list(DASHBOARD_COLORS))):
        found = drawn(given, {**TYPES, "color": type_}, CHOICES, SAY)
        assert found is not None
        rules = found.settings["table.column_formatting"]
        assert [(rule["value"], rule["color"]) for rule in rules] == list(
            zip(values, DASHBOARD_COLORS.values(), strict=True)
        )


def test_every_kind_has_a_drawing() -> None:
    from publishing.metabase import charts  # noqa: PLC0415

    assert set(definition.KINDS) - {"sentence"} <= set(charts._KINDS)
