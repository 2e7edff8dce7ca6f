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


# ---- ties ----


def closest(told: Told, fewer: Mapping[str, int]) -> None:
    told.have("entities", entities())
    told.have(
        "accountability",
        [
            {
                "school_year": YEAR,
                "entity_level": "district",
                "cds_code": code,
                "student_group": "ALL",
                "color_name": color,
                "better_color_name": better,
                "students_fewer_for_better_color": fewer[code],
            }
            for code, color, better in (
                (ALDER, "Orange", "Yellow"),
                (BIRCH, "Red", "Orange"),
                (CEDAR, "Yellow", "Green"),
            )
        ],
    )


def test_the_one_district_closest_to_its_next_color_is_named_with_the_color(told: Told) -> None:
    closest(told, {ALDER: 4, BIRCH: 1, CEDAR: 9})
    assert told.says("accountability_goals", "districts") == (
        "Closest to the next color is Birch Elementary: one student fewer would give Orange.",
        "Lo más cerca del siguiente color está Birch Elementary: un estudiante menos daría Anaranjado.",
    )


def test_all_districts_equally_close_to_their_next_colors_are_named(told: Told) -> None:
    closest(told, {ALDER: 4, BIRCH: 4, CEDAR: 9})
    assert told.says("accountability_goals", "districts") == (
        "Closest to the next color are Alder Unified and Birch Elementary: four students fewer would give it to each.",
        "Lo más cerca del siguiente color están Alder Unified y Birch Elementary: "
        "cuatro estudiantes menos se lo darían a cada uno.",
    )


def test_colors_that_as_many_schools_have_are_named_together(told: Told) -> None:
    told.have(
        "accountability",
        [
            {"school_year": YEAR, "entity_level": "school", "student_group": "ALL", "color_level": level}
            for level in (1, 1, 3, 3, 5)
        ],
    )
    english, spanish = told.says("accountability_goals", "by_color")
    assert english == "The most frequent colors are Red and Yellow: each of two of five schools."
    assert spanish == "Los colores más frecuentes son Rojo y Amarillo: cada uno de dos de cinco escuelas."


def help_given(told: Told, *students: int) -> tuple[str, str]:
    told.have(
        "intervention_outcomes",
        [
            {"school_year": YEAR, "entity_level": "county", "type_code": name, "type_name": name, "students": number}
            for name, number in zip(("Letter", "Visit", "Call"), students, strict=True)
        ],
    )
    return told.says("interventions", "used")


def test_help_that_reached_as_many_is_not_said_to_have_reached_more(told: Told) -> None:
    assert help_given(told, 40, 40, 12) == (
        "Letter and Visit reached 40 students each, more than any other kind of help.",
        "Letter y Visit: 40 estudiantes cada tipo, más que cualquier otro tipo de ayuda.",
    )


def test_where_all_kinds_of_help_reached_as_many_none_reached_more(told: Told) -> None:
    assert help_given(told, 40, 40, 40) == (
        "Call, Letter and Visit reached 40 students each.",
        "Call, Letter y Visit: 40 estudiantes cada tipo.",
    )


@pytest.mark.parametrize("tier", [2, 3])
def test_grades_with_the_same_share_are_named_together(told: Told, tier: int) -> None:
    told.have(
        "early_warning",
        [
            {
                "school_year": YEAR,
                "school_month": 3,
                "grade_level": level,
                "sort_order": order,
                "is_latest": True,
                f"tier_{tier}_rate": rate,
            }
            for order, (level, rate) in enumerate((("all", 18), ("elementary", 20), ("middle", 12), ("high", 20)))
        ],
    )
    english, spanish = told.says("early_warning", f"tier_{tier}_by_level")
    kind, spanish_kind = ("early", "temprana") if tier == 2 else ("intensive", "intensiva")
    share = "one in five students need"
    assert english.startswith(f"Grades TK\N{EN DASH}6 and 9\N{EN DASH}12: {share} {kind} help (")
    assert english.endswith("), the highest share.")
    assert spanish.startswith("Grados TK\N{EN DASH}6 y 9\N{EN DASH}12: el 20.0")
    assert spanish.endswith(f"de los estudiantes necesita ayuda {spanish_kind}, la proporción más alta.")


def test_steps_that_were_done_as_seldom_are_named_together(told: Told) -> None:
    told.have(
        "followups",
        [
            {
                "school_year": YEAR,
                "ladder": "regular",
                "step": step,
                "step_name": name,
                "done_rate": rate,
                "cases_due": 20,
            }
            for step, (name, rate) in enumerate((("30 days", 50), ("60 days", 50), ("90 days", 80)))
        ],
    )
    english, spanish = told.says("interventions", "followups")
    assert english.startswith("30 days and 60 days: done in 50.0")
    assert english.endswith("of the cases in which each was due, the lowest share of all steps.")
    assert spanish.startswith("30 days y 60 days: cada uno se hizo en el 50.0")
    assert spanish.endswith("de los casos en que correspondía, la proporción más baja de todos los pasos.")


def test_bands_of_one_size_are_not_each_the_largest(told: Told) -> None:
    told.have(
        "attendance_bands",
        [
            {"school_year": YEAR, "entity_level": "county", "band_name": name, "sort_order": order, "share": share}
            for order, (name, share) in enumerate((("Under 5", 40), ("5 to 10", 40), ("Over 10", 20)))
        ],
    )
    english, spanish = told.says("public_report", "bands")
    assert english.startswith("Under 5 and 5 to 10: two in five students (40.0")
    assert english.endswith(") each.")
    assert spanish.startswith("Under 5 y 5 to 10: el 40.0")
    assert spanish.endswith("de los estudiantes en cada una.")


def test_grades_of_one_rate_are_highest_together(told: Told) -> None:
    told.have(
        "reporting_categories",
        [
            {"reporting_category": code, "category_name": name, "category_family": "grade", "sort_order": order}
            for order, (code, name) in enumerate(
                (("GR13", "Grades 1 to 3"), ("GR46", "Grades 4 to 6"), ("GR78", "Other"))
            )
        ],
    )
    rates = {"GR13": 22, "GR46": 22, "GR78": 12}
    told.have(
        "chronic_absence", [absence("county", COUNTY, rate, reporting_category=code) for code, rate in rates.items()]
    )
    english, spanish = told.says("county", "grades")
    assert english.startswith("Highest in grades 1 to 3 and grades 4 to 6: 22.0")
    assert english.endswith("in each.")
    assert spanish.endswith("en cada caso.")


def test_another_pair_of_groups_with_the_highest_rate_is_told_of(told: Told) -> None:
    told.have(
        "reporting_categories",
        [
            {"reporting_category": code, "category_name": code, "category_family": "program", "sort_order": order}
            for order, code in enumerate(("SD", "SE", "SH"))
        ],
    )
    rates = {("SD", "SE"): 40, ("SD", "SH"): 40, ("SE", "SH"): 30}
    told.have(
        "group_overlap",
        [
            {
                "school_year": YEAR,
                "reporting_category": first,
                "other_category": second,
                "chronic_rate": rate,
                "eligible_enrollment": 60,
            }
            for pair, rate in rates.items()
            for first, second in (pair, pair[::-1])
        ],
    )
    english, spanish = told.says("student_groups", "overlap")
    assert english.endswith("the highest rate of two groups together; one other pair has the same.")
    assert spanish.endswith("la tasa más alta de dos grupos juntos; otro par tiene la misma.")


def test_weekdays_on_which_as_many_are_absent_are_named_together(told: Told) -> None:
    told.have(
        "attendance_day",
        [
            {"school_year": YEAR, "weekday_number": weekday, "absence_rate": rate, "students_expected": 100}
            for weekday, rate in ((1, 9), (2, 5), (3, 5), (4, 6), (5, 9))
        ],
    )
    english, spanish = told.says("when_missed", "finding")
    assert "most on Mondays and Fridays (" in english
    assert "fewest on Tuesdays and Wednesdays (" in english
    assert "más los lunes y los viernes (" in spanish
    assert "menos los martes y los miércoles (" in spanish


# ---- why a figure is not there ----


@pytest.mark.parametrize("card", ["districts", "schools"])
def test_a_change_says_why_it_is_not_there_where_only_this_year_is_hidden(told: Told, card: str) -> None:
    told.have("entities", entities(CREEK)[1:2] if card == "districts" else entities(CREEK)[-1:])
    level, code = ("district", ALDER) if card == "districts" else ("school", CREEK)
    told.have("chronic_absence", [absence(level, code, None), absence(level, code, 20.0, LAST_YEAR)])
    assert told.cells("public_report", card, "change") == ["hidden: 10 or fewer"]


@pytest.mark.parametrize(("sent", "said"), [(0, "no attendance sent"), (2, "year summary")])
def test_days_without_a_row_are_not_said_to_be_of_a_summary_where_nothing_was_sent(
    told: Told, sent: int, said: str
) -> None:
    told.have("entities", entities())
    told.have(
        "submissions",
        [
            {
                "school_year": YEAR,
                "entity_level": "district",
                "cds_code": ALDER,
                "schools_enrolling": 2,
                "schools_submitted": sent,
            }
        ],
    )
    assert told.cells("data_quality", "districts", "days_without_a_row") == [said]
    assert told.cells("data_quality", "districts", "complete_through") == [said]


# ---- where half of them are ----


def test_schools_with_more_than_half_are_not_said_to_have_half_of_all(told: Told) -> None:
    counts = {"91": 60, "92": 30, "93": 20, "94": None}
    told.have(
        "chronic_absence",
        [
            absence("school", f"{CREEK[:-2]}{code}", count, chronic_count=count, eligible_enrollment=count and 200)
            for code, count in counts.items()
        ],
    )
    english, spanish = told.says("map", "finding")
    assert english.startswith(
        "Of the chronically absent students counted at schools with figures, at least half go to one of three schools, "
        "which has 33.3"
    )
    assert spanish.startswith(
        "De los estudiantes con ausentismo crónico contados en las escuelas con cifras, al menos la mitad va a una de "
        "tres escuelas, que tiene al 33.3"
    )
    assert english.endswith("of the students of all three.")
    assert spanish.endswith("de los estudiantes de las tres.")


def zips(told: Told, *shares: float) -> None:
    """ZIP codes with these shares of the chronically absent students, and one row of all others with what is left."""
    so_far = 0.0
    for rank, share in enumerate((*shares, 100 - sum(shares)), start=1):
        so_far += share
        of_zip = {"residential_zip": f"9000{rank}", "chronic_rank": rank} if rank <= len(shares) else {}
        told.have(
            "concentration_zip",
            [
                {
                    "school_year": YEAR,
                    "chronic_count": share * 10,
                    "share_of_chronic": share,
                    "share_so_far": so_far,
                    "share_of_enrollment": share / 2,
                    **of_zip,
                }
            ],
        )


def test_zip_codes_that_never_reach_half_are_not_counted_as_having_it(told: Told) -> None:
    zips(told, 20, 15)
    assert told.rows("map", "zips_with_half") == ()
    english, spanish = told.says("map", "zips_with_half")
    assert english == (
        f"Fewer than half of the chronically absent students of {YEAR} are known to live in ZIP codes that can be "
        "shown."
    )
    assert spanish.startswith("De menos de la mitad de los estudiantes con ausentismo crónico")


def test_zip_codes_are_counted_until_half_is_reached(told: Told) -> None:
    zips(told, 40, 10, 5)
    assert told.rows("map", "zips_with_half")[0]["holding"] == 2


def test_zip_codes_in_which_as_many_live_are_named_together(told: Told) -> None:
    zips(told, 30, 30, 5)
    english, spanish = told.says("map", "zips")
    assert english.startswith("The largest number, 300, lives in each of 90001 and 90002: 30.0")
    assert english.endswith("each of all chronically absent students.")
    assert spanish.startswith("El mayor número, 300, vive en cada uno de 90001 y 90002: en cada uno, el 30.0")


# ---- where a click leads ----


@pytest.mark.parametrize("card", ["goals", "coming"])
def test_a_click_on_a_districts_goal_does_not_lead_to_a_school(told: Told, card: str) -> None:
    told.have("entities", entities(CREEK))
    told.have("chronic_absence", [absence("county", COUNTY, 20.0)])
    told.have(
        "goals",
        [
            {
                "school_year": YEAR if card == "goals" else "2024-25",
                "entity_level": level,
                "cds_code": code,
                "goal_status": "on_track",
                "goal_key": code,
            }
            for level, code in (("district", ALDER), ("school", CREEK))
        ],
    )
    assert told.leads("accountability_goals", card, "entity_name") == ("school", [None, CREEK])


def test_a_click_on_the_county_does_not_lead_to_a_district(told: Told) -> None:
    told.have("entities", entities())
    told.have("chronic_absence", [absence("county", COUNTY, 20.0), absence("district", ALDER, 20.0)])
    told.have(
        "submissions",
        [
            {
                "school_year": YEAR,
                "entity_level": level,
                "cds_code": code,
                "schools_enrolling": 1,
                "schools_submitted": 1,
            }
            for level, code in (("county", COUNTY), ("district", ALDER))
        ],
    )
    for card in ("districts", "data"):
        assert told.leads("public_report", card, "entity_name") == ("district", [None, ALDER])
