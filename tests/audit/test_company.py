"""What else to hide: named by what is public, and enough after a few turns."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from attendance.settings import Settings
from publishing.audit.company import Company, add_company, company
from publishing.audit.releases import record_release, releases
from publishing.audit.report import mend
from tests.audit import test_leaks as leaks
from tests.audit.conftest import Attacked
from tests.audit.county import BIRCH, COMPANION, COUNTY, GROUPS, SCHOOLS, SMALL, YEARS, County, safe_county

ELEMENTARY, CHARTER, HIGH = SCHOOLS[BIRCH]
THIS = YEARS[1]
TURNS = 6


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", config=tmp_path, extracts=tmp_path, public=tmp_path)


def _named(attacked: Attacked, plant: Callable[[County], None]) -> tuple[Company, ...]:
    county = safe_county()
    plant(county)
    audited = attacked(county)
    return company(audited.knowledge, audited.attack)


def _named_by_dbt(county: County, table: str, row: dict[str, object]) -> tuple[str, str]:
    """Topic and part of a row: a Dashboard group of as many students as its category is told of as the category."""
    column, topic = {
        "chronic_absence": ("reporting_category", "group"),
        "chronic_absence_by_grade": ("grade", "grade"),
        "attendance_to_date": ("school_month", "month"),
        "accountability": ("student_group", "dashboard"),
    }[table]
    part = str(row[column])
    if table == "accountability":
        category = "GRTK8" if part == "ALL" else GROUPS[part]
        at = {"school_year": row["school_year"], "cds_code": row["cds_code"]}
        of_category = county.rows("chronic_absence", **at, reporting_category=category)
        if part == "ALL" or any(one["truth"]["eligible_enrollment"] == row["truth"]["students"] for one in of_category):
            return "group", category
    return topic, part


def _hide(county: County, one: Company) -> None:
    """Hide one count wherever it stands, as dbt does; a head-count takes its chronic count with it."""
    for table in ("chronic_absence", "chronic_absence_by_grade", "attendance_to_date", "accountability"):
        for row in county.tables[table]:
            if (row["school_year"], row["cds_code"], *_named_by_dbt(county, table, row)) == (
                one.school_year,
                one.cds_code,
                one.topic,
                one.part,
            ):
                if one.measure == "eligible":
                    small = row["suppression_reason"] == SMALL
                    county.hide(row, SMALL if small else COMPANION, table)
                else:
                    row.update(chronic_count=None, chronic_rate=None)
                    row["suppression_reason"] = row["suppression_reason"] or "all_or_none"
    if one.part == "TA" and one.measure == "eligible":
        for row in county.tables["absence_by_reason"]:
            if (row["school_year"], row["cds_code"]) == (one.school_year, one.cds_code):
                county.hide(row, COMPANION, "absence_by_reason")


def test_the_cheapest_shown_counts_of_what_gives_it_away_are_named(attacked: Attacked) -> None:
    named = _named(attacked, leaks._one_race_alone)
    # of the races shown, the two with the fewest students, and neither all students nor the district's
    assert Company(THIS, "school", ELEMENTARY, "group", "RA", "eligible") in named
    assert {(one.cds_code, one.part) for one in named} == {(ELEMENTARY, "RA"), (ELEMENTARY, "RW")}


def test_a_place_that_had_company_and_is_still_told_too_closely_is_given_as_much_again(attacked: Attacked) -> None:
    county = safe_county()
    leaks._one_school_of_a_program(county)
    audited = attacked(county)
    given = tuple(Company(THIS, "school", ELEMENTARY, "month", str(month), "chronic") for month in range(1, 4))
    elsewhere = tuple(Company(THIS, "school", HIGH, "month", str(month), "chronic") for month in range(1, 4))
    few = set(company(audited.knowledge, audited.attack))
    assert few < set(company(audited.knowledge, audited.attack, given=given))
    assert few == set(company(audited.knowledge, audited.attack, given=elsewhere))


def test_what_an_earlier_release_still_tells_is_named_only_where_there_is_nothing_else(attacked: Attacked) -> None:
    county = safe_county()
    leaks._one_race_alone(county)
    audited = attacked(county)
    known: set[str] = set()
    for cheapest in ("RA", "RW"):
        named = {one.part for one in company(audited.knowledge, audited.attack) if one.cds_code == ELEMENTARY}
        assert cheapest in named
        assert not named & known
        known.add(cheapest)
        audited.knowledge.connection.execute(
            "insert into still_known select f, unnest([0, 1]) from figures "
            "where cds_code = ? and item = ? and topic = 'category' and school_year = ?",
            [ELEMENTARY, cheapest, THIS],
        )


def test_a_part_is_named_before_the_whole(attacked: Attacked) -> None:
    named = _named(attacked, leaks._one_race_alone)
    assert named
    assert {one.part for one in named} <= {"RA", "RB", "RH", "RW"}


def test_a_school_is_named_before_its_district_and_the_county_last(attacked: Attacked) -> None:
    named = _named(attacked, leaks._one_school_of_a_program)
    assert named
    assert {(one.entity_level, one.part) for one in named} == {("school", "SS")}
    assert COUNTY not in {one.cds_code for one in named}


def test_a_hidden_count_and_one_of_a_small_group_are_not_named(attacked: Attacked) -> None:
    def plant(county: County) -> None:
        leaks._one_race_alone(county)
        # cheaper than all others, and too small to be hidden as company
        for item, group, n, c in (("RB", "AA", 10, 4), ("RW", "WH", 104, 37)):
            row = county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category=item)
            row.update(eligible_enrollment=n, chronic_count=c, chronic_rate=round(100 * c / n, 1))
            row = county.row("accountability", school_year=THIS, cds_code=ELEMENTARY, student_group=group)
            row.update(students=n, chronic_count=c, chronic_rate=round(100 * c / n, 1))

    named = _named(attacked, plant)
    assert named
    assert not {"RB", "RI"} & {one.part for one in named}


@pytest.mark.parametrize(
    "plant",
    [
        leaks._one_race_alone,
        leaks._grades_through_8,
        leaks._one_school_of_a_program,
        leaks._chronic_alone,
    ],
)
def test_what_is_named_makes_a_county_safe_in_a_few_turns(attacked: Attacked, plant: Callable[[County], None]) -> None:
    county = safe_county()
    plant(county)
    hidden: set[Company] = set()
    for _ in range(TURNS):
        audited = attacked(county)
        if audited.is_safe:
            break
        named = set(company(audited.knowledge, audited.attack))
        assert named - hidden, [finding.headline() for finding in audited.findings]
        hidden |= named
        for one in named:
            _hide(county, one)
    assert hidden
    assert audited.is_safe, audited.lines()


@pytest.mark.parametrize("plant", [leaks._one_race_alone, leaks._one_school_of_a_program, leaks._chronic_alone])
def test_what_is_tried_before_it_is_hidden_is_enough_in_two_turns(
    attacked: Attacked, plant: Callable[[County], None], tmp_path: Path
) -> None:
    county = safe_county()
    plant(county)
    audited = attacked(county)
    for _ in range(2):
        named = mend(tmp_path / "attendance.duckdb", audited)
        assert set(company(audited.knowledge, audited.attack)) <= set(named)
        for one in named:
            _hide(county, one)
        audited = attacked(county)
    assert audited.is_safe, audited.lines()


def test_a_safe_county_needs_no_company(attacked: Attacked) -> None:
    audited = attacked(safe_county())
    assert company(audited.knowledge, audited.attack) == ()


def test_what_an_earlier_release_hid_is_named_to_be_hidden_again(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    record_release(settings, safe_county().write(tmp_path / "earlier.duckdb"))
    county = safe_county()
    for row in county.rows("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="GF"):
        county.show(row)
    for row in county.rows("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="GM"):
        county.hide(row, COMPANION, "chronic_absence")
    audited = attacked(county, releases(settings))
    assert audited.exposed_cells
    named = company(audited.knowledge, audited.attack, audited.exposed_cells)
    assert {
        Company(THIS, "school", ELEMENTARY, "group", "GF", "eligible"),
        Company(THIS, "school", ELEMENTARY, "group", "GF", "chronic"),
    } <= set(named)


def test_what_an_earlier_release_hid_is_named_though_nothing_else_is_unsafe(attacked: Attacked) -> None:
    audited = attacked(safe_county())
    found = audited.knowledge.connection.execute(
        "select f from figures where school_year = ? and cds_code = ? and topic = 'category' and item = 'RB'",
        [THIS, ELEMENTARY],
    ).fetchone()
    assert found is not None
    named = company(audited.knowledge, audited.attack, (2 * found[0],))
    assert named == (Company(THIS, "school", ELEMENTARY, "group", "RB", "eligible"),)


def _kept(settings: Settings) -> list[tuple[str, ...]]:
    return duckdb.sql(f"select * from '{settings.company}' order by all").fetchall()


def test_company_is_added_once_and_what_was_there_stays(settings: Settings) -> None:
    one, two = (Company(THIS, "school", ELEMENTARY, "group", part, "eligible") for part in ("RA", "RB"))
    assert add_company(settings, (one,)) == 1
    assert add_company(settings, (one, two)) == 1
    assert add_company(settings, ()) == 0
    assert [row[4] for row in _kept(settings)] == ["RA", "RB"]


def test_where_adding_fails_what_was_there_is_still_there(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    add_company(settings, (Company(THIS, "school", ELEMENTARY, "group", "RA", "eligible"),))

    def fail(*_: object) -> None:
        raise OSError("no more room")

    monkeypatch.setattr(Path, "replace", fail)
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no more room"):
        add_company(settings, (Company(THIS, "school", ELEMENTARY, "group", "RB", "eligible"),))
    assert [row[4] for row in _kept(settings)] == ["RA"]
