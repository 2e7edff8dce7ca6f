"""What cards of the project's own dashboards find in a few rows that were made up for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import duckdb
import pytest
import yaml

from attendance.settings import PROJECT
from publishing import open_data
from publishing.county import Place
from publishing.definition import Card, Dashboard, Language
from publishing.definition.checks import read_dashboard
from publishing.site.pages import Page
from publishing.site.tell import Result, Teller, Voice, teller
from publishing.site.words import Words, make_sentences, read_texts

YEAR, LAST_YEAR = "2023-24", "2022-23"
COUNTY, ALDER, BIRCH, CEDAR = (f"{code}0000000" for code in ("1900000", "1999001", "1999002", "1999003"))
CREEK = f"{ALDER[:7]}9910101"

Rows = Sequence[Mapping[str, object]]


class Told:
    """One dashboard over a database in memory that has each table of ``open_data`` as its contract says, empty."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def have(self, table: str, rows: Rows) -> None:
        """Put rows into a table; columns that a row does not name are null."""
        for row in rows:
            names, places = ", ".join(row), ", ".join("?" * len(row))
            self.connection.execute(f"insert into open_data.{table} ({names}) values ({places})", list(row.values()))

    def card(self, name: str, ident: str, language: Language = "en") -> Teller:
        """The card as a page of the county, or of Alder where the dashboard is made for each district, tells it."""
        dashboard = dashboard_of(name)
        place = Place("district" if dashboard.for_each == "district" else "county", ALDER, "Alder Unified")
        page = Page(dashboard, place, YEAR, (), "")
        card = card_of(dashboard, ident)
        words = Words(read_texts(language))
        result = Result(open_data.rows(self.connection, card.sql, page.values()))
        return teller(page, card, result, Voice(words, make_sentences(words), "Los Angeles County"))

    def says(self, name: str, ident: str) -> tuple[str, str]:
        """What the card finds, in English and in Spanish."""
        return self.card(name, ident).finding(), self.card(name, ident, "es").finding()

    def rows(self, name: str, ident: str) -> tuple[Mapping[str, Any], ...]:
        """What the card's SQL returns."""
        return self.card(name, ident).result.rows

    def cells(self, name: str, ident: str, column: str) -> list[str]:
        """A column of the card's table as the page shows it, in English, from top to bottom."""
        told = self.card(name, ident)
        columns = getattr(told.card, "columns")  # noqa: B009 - a card of a kind that has columns
        return [told.value(row, column, columns[column])[0] for row in told.result.rows]

    def leads(self, name: str, ident: str, column: str) -> tuple[str, list[object]]:
        """To which dashboard a click on that column leads, and with which place's code on each row."""
        told = self.card(name, ident)
        link = getattr(told.card, "columns")[column].link  # noqa: B009 - a card of a kind that has columns
        return link.page, [row[link.key] for row in told.result.rows]


@cache
def dashboard_of(name: str) -> Dashboard:
    return read_dashboard(PROJECT / "dashboards" / f"{name}.yml")


@cache
def tables() -> str:
    """SQL that makes the tables of ``open_data``, from their contracts."""
    made = ["create schema open_data;"]
    for path in sorted((PROJECT / "dbt_project" / "models" / "open_data").glob("open_*.yml")):
        (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
        made.append(f"create table open_data.{model['name'].removeprefix('open_')} ({columns});")
    return "".join(made)


def card_of(dashboard: Dashboard, ident: str) -> Card:
    (card,) = (card for card in dashboard.cards if card.id == ident)
    return card


@pytest.fixture
def told() -> Iterator[Told]:
    connection = duckdb.connect(":memory:")
    connection.execute(tables())
    yield Told(connection)
    connection.close()


def entities(*schools: str) -> Rows:
    """The county and three districts, and these schools of Alder."""
    return [
        {"entity_level": "county", "cds_code": COUNTY, "entity_name": "Los Angeles County"},
        *(
            {"entity_level": "district", "cds_code": code, "entity_name": name, "district_cds_code": code}
            for code, name in ((ALDER, "Alder Unified"), (BIRCH, "Birch Elementary"), (CEDAR, "Cedar Unified"))
        ),
        *(
            {
                "entity_level": "school",
                "cds_code": code,
                "entity_name": f"School {code[-2:]}",
                "district_cds_code": ALDER,
                "district_name": "Alder Unified",
            }
            for code in schools
        ),
    ]


def absence(level: str, code: str, rate: float | None, year: str = YEAR, **more: object) -> Mapping[str, object]:
    """A row of ``chronic_absence``, of all students unless it says otherwise; without a rate, hidden."""
    return {
        "school_year": year,
        "entity_level": level,
        "cds_code": code,
        "reporting_category": "TA",
        "chronic_rate": rate,
        "suppression_reason": "small_group" if rate is None else None,
        "submission_status": "submitted",
    } | more


# ---- what cards count ----


def test_whether_gaps_close_is_not_said_by_counting_rates_that_fell(told: Told) -> None:
    told.have(
        "reporting_categories",
        [
            {"reporting_category": code, "category_name": name, "category_family": family, "sort_order": order}
            for order, (code, name, family) in enumerate(
                (("TA", "All", "total"), ("SE", "Learners", "program"), ("SH", "Homeless", "program"))
            )
        ],
    )
    # every rate falls, that of all students by most: both gaps are wider than they were
    fell = {"TA": (30.0, 20.0), "SE": (35.0, 30.0), "SH": (45.0, 40.0)}
    told.have(
        "chronic_absence",
        [
            absence("county", COUNTY, rate, year, reporting_category=code, eligible_enrollment=500)
            for code, rates in fell.items()
            for year, rate in zip((LAST_YEAR, YEAR), rates, strict=True)
        ],
    )
    assert told.rows("student_groups", "narrowed")[0]["narrowed"] == 0
    card = told.card("student_groups", "closing")
    assert card.finding() == "Both groups have lower rates than a year ago."
    assert "gap" not in card.card.title.en
    assert "brecha" not in str(card.card.title.es)


def test_steps_for_a_tenth_stand_beside_those_of_tier_2_alone(told: Told) -> None:
    bands = ("satisfactory", "at_risk", "moderate_chronic", "severe_chronic")
    told.have(
        "attendance_bands",
        [
            {"school_year": YEAR, "cds_code": ALDER, "attendance_band": band, "band_name": band, "sort_order": order}
            for order, band in enumerate(bands)
        ],
    )
    assert [row["band_name"] for row in told.rows("district", "for_a_tenth")] == ["moderate_chronic"]
