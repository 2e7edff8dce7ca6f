"""What readers take with them, at its edges; that its numbers are the database's is asked of the built site."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from publishing.definition import TableCard
from publishing.site.downloads import _sheet_names, csv_of
from publishing.site.words import read_texts

CARD = TableCard.model_validate(
    {
        "id": "schools",
        "kind": "table",
        "title": "{{ place }}",
        "at": {"row": 0, "column": 0, "width": 4, "height": 4},
        "sql": "select 1",
        "reason": "why",
        "columns": {
            "name": {"label": "{{ place }}"},
            "rate": {"label": "{{ place }}", "format": "decimal", "reason": "other_why"},
            "day": {"label": "{{ place }}", "format": "date"},
        },
    }
)


def row(**values: object) -> dict[str, object]:
    return {"name": "A", "rate": Decimal("1.5"), "day": date(2024, 6, 7), "why": None, "other_why": None} | values


def read(*rows: dict[str, object]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_of(CARD, rows).removeprefix("\ufeff"))))


def test_a_csv_has_the_columns_of_the_card_and_why_values_are_not_there() -> None:
    head, first, second = read(row(), row(rate=None, other_why="small_group"))
    assert head == ["name", "rate", "day", "why", "other_why"]
    assert first == ["A", "1.5", "2024-06-07", "", ""]
    assert second == ["A", "", "2024-06-07", "", "small_group"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tA"])
def test_a_name_that_a_spreadsheet_takes_for_a_formula_is_a_text(name: str) -> None:
    assert read(row(name=name))[1][0] == f"'{name}"


def test_a_number_below_zero_stays_a_number() -> None:
    assert read(row(rate=Decimal("-1.5")))[1][1] == "-1.5"


def test_commas_quotes_and_accents_survive() -> None:
    name = 'La Cañada, "Unified"'
    assert read(row(name=name))[1][0] == name
    assert csv_of(CARD, [row()]).startswith("\ufeff")


def test_sheets_have_names_that_a_workbook_takes_each_once() -> None:
    titles = ["Where: who/what?", "The same long title of more than thirty-one letters, one", "Definitions"]
    titles.append("The same long title of more than thirty-one letters, two")
    names = _sheet_names(titles, read_texts("en"))
    assert names[0] == "Where  who what"
    assert len({name.lower() for name in [*names, "Definitions"]}) == 5
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)
