"""``attendance audit``: what it prints, how it ends, and what it says of a file that it cannot read."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from attendance.cli import app
from attendance.settings import read_settings
from publishing.audit.public import AuditError, read_public
from publishing.audit.releases import record_release
from publishing.audit.report import audit
from tests.audit.county import BIRCH, COMPANION, SCHOOLS, SMALL, YEARS, safe_county

ELEMENTARY = SCHOOLS[BIRCH][0]
THIS = YEARS[1]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENDANCE_HOME", str(tmp_path / "home"))


def test_a_safe_publication_ends_well_and_says_how_much_is_hidden(tmp_path: Path) -> None:
    file = safe_county().write(tmp_path / "attendance.duckdb")
    answer = CliRunner().invoke(app, ["audit", "--database", str(file), "--integers", "2"])
    assert answer.exit_code == 0, answer.output
    assert "Every hidden count is safe: its bounds lie at least 5 apart." in answer.stdout
    assert "Hidden rows of chronic_absence: 40 complement, 44 small_group." in answer.stdout
    assert "Students of schools in hidden rows of Races: 432 of 3,708 (11.7 %)." in answer.stdout
    assert "328 hidden counts of 2 districts and their schools: 0 are not safe" in answer.stdout
    assert "HiGHS" not in answer.stdout


def test_one_unsafe_cell_ends_with_an_error_and_its_name(tmp_path: Path) -> None:
    county = safe_county()
    county.show(county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="RA"))
    answer = CliRunner().invoke(app, ["audit", "--database", str(county.write(tmp_path / "attendance.duckdb"))])
    assert answer.exit_code == 1
    assert "American Indian or Alaska Native (RI): eligible, hidden as small_group, is 6" in answer.stdout
    assert "This must not be published" in answer.stdout


def test_what_was_built_is_audited_before_what_is_published() -> None:
    settings = read_settings()
    for file in (settings.building, settings.warehouse):
        file.parent.mkdir(parents=True, exist_ok=True)
    safe_county().write(settings.warehouse)
    assert CliRunner().invoke(app, ["audit"]).exit_code == 0
    county = safe_county()
    county.show(county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="RA"))
    county.write(settings.building)
    assert CliRunner().invoke(app, ["audit"]).exit_code == 1


def test_a_release_on_record_is_an_attackers_too(tmp_path: Path) -> None:
    county = safe_county()
    file = county.write(tmp_path / "attendance.duckdb")
    for row in county.rows("chronic_absence", school_year=THIS, entity_level="school", reporting_category="SM"):
        county.show(row)
    record_release(read_settings(), county.write(tmp_path / "earlier.duckdb"))
    answer = CliRunner().invoke(app, ["audit", "--database", str(file)])
    assert answer.exit_code == 1
    assert "Migrant students (SM): eligible, hidden as small_group, is 6" in answer.stdout
    assert "the release of " in answer.stdout


def test_a_group_that_the_rule_hides_and_the_publication_shows_is_told(tmp_path: Path) -> None:
    county = safe_county()
    county.show(county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM"))
    answer = CliRunner().invoke(app, ["audit", "--database", str(county.write(tmp_path / "attendance.duckdb"))])
    assert answer.exit_code == 1
    assert "1 groups are shown although the publication's own rule hides them" in answer.stdout
    assert "Birch Elementary (19990019900010), 2023-24, Migrant students" in answer.stdout


@pytest.mark.parametrize(
    ("shown", "is_told"),
    [
        ({"eligible_enrollment": 6}, True),
        ({"chronic_count": 3}, True),
        ({"chronic_rate": 50.0}, True),
        ({}, False),
    ],
)
def test_a_figure_of_the_states_of_a_group_that_we_hide_is_told(
    tmp_path: Path, shown: dict[str, float], is_told: bool
) -> None:
    county = safe_county()
    nothing = dict.fromkeys(("eligible_enrollment", "chronic_count", "chronic_rate"))
    county.tables["published_chronic_absence"] = [
        {"school_year": THIS, "cds_code": ELEMENTARY, "reporting_category": group, **nothing, **figures}
        for group, figures in (("TA", {"eligible_enrollment": 301.0, "chronic_count": 118.0}), ("RI", shown))
    ]
    lines = audit(county.write(tmp_path / "attendance.duckdb")).against_rule
    told = f"published_chronic_absence, Birch Elementary ({ELEMENTARY}), {THIS}, American Indian or Alaska Native"
    assert lines == ((told,) if is_told else ())


@pytest.mark.parametrize(
    ("respondents", "value", "is_told"),
    [(15, 100.0, True), (300, 100.0, True), (19, 0.0, True), (None, 0.0, True), (20, 0.0, False), (15, 60.0, False)],
)
def test_an_answer_of_all_or_of_none_of_a_few_is_told(
    tmp_path: Path, respondents: int | None, value: float, is_told: bool
) -> None:
    county = safe_county()
    county.tables["school_climate"] = [
        {
            **{"school_year": THIS, "entity_level": "school", "cds_code": ELEMENTARY, "grade": "05"},
            **{"indicator_code": "chronic_sadness", "respondents": respondents, "value_pct": value},
            **dict.fromkeys(("eligible_enrollment", "chronic_rate", "suppression_reason")),
        }
    ]
    lines = audit(county.write(tmp_path / "attendance.duckdb")).against_rule
    told = f"school_climate, Birch Elementary ({ELEMENTARY}), {THIS}, chronic_sadness of grade 05"
    assert lines == ((told,) if is_told else ())


@pytest.mark.parametrize(
    ("row", "found", "against_rule"),
    [
        ((15, None, None, "complement"), ["Students set beside others with tutoring"], 0),
        ((16, None, None, "complement"), [], 0),
        ((15, None, None, "small_group"), [], 0),
        ((40, 10, 30, None), [], 1),
        ((40, 30, 10, None), [], 1),
        ((40, 30, 90, None), [], 0),
    ],
)
def test_both_sides_of_a_comparison_are_audited(
    tmp_path: Path, row: tuple[int | str | None, ...], found: list[str], against_rule: int
) -> None:
    county = safe_county()
    counts = ("students_measured", "students_matched", "comparison_students")
    county.tables["intervention_outcomes"] = [
        {
            **{"school_year": THIS, "entity_level": "district", "cds_code": BIRCH, "type_code": "tutoring"},
            **{"students": 50, "suppression_reason": None},
            **dict(zip((*counts, "matched_suppression_reason"), row, strict=True)),
        }
    ]
    audited = audit(county.write(tmp_path / "attendance.duckdb"))
    assert [finding.group for finding in audited.findings] == found
    assert len(audited.against_rule) == against_rule


def test_a_head_count_too_small_is_told_where_the_chronic_count_alone_is_hidden(tmp_path: Path) -> None:
    county = safe_county()
    row = county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM")
    row.update(eligible_enrollment=6, suppression_reason="all_or_none")
    lines = audit(county.write(tmp_path / "attendance.duckdb")).against_rule
    assert lines == (f"chronic_absence, Birch Elementary ({ELEMENTARY}), 2023-24, Migrant students",)


def test_tables_that_contradict_each_other_are_not_published(tmp_path: Path) -> None:
    county = safe_county()
    # two groups of ten or fewer that would have to be 36 together
    for table, where in (
        ("chronic_absence", {"reporting_category": "RA"}),
        ("accountability", {"student_group": "AS"}),
    ):
        row = county.row(table, school_year=THIS, cds_code=ELEMENTARY, **where)
        county.hide(row, SMALL, table)
    audited = audit(county.write(tmp_path / "attendance.duckdb"))
    assert not audited.is_safe
    assert any("relations cannot hold beside the others" in line for line in audited.lines())


def test_the_primary_rule_alone_is_counted_from_the_marts_of_the_same_file(tmp_path: Path) -> None:
    county = safe_county()
    file = county.write(tmp_path / "attendance.duckdb")
    connection = duckdb.connect(str(file))
    connection.execute("create schema marts")
    columns = ("school_year", "cds_code", "reporting_category", "eligible_enrollment", "chronic_count")
    rows = [[row["truth"][column] for column in columns] for row in county.tables["chronic_absence"]]
    connection.execute(
        "create table marts.chronic_absence (school_year varchar, cds_code varchar, reporting_category varchar, "
        "eligible_enrollment integer, chronic_count integer)"
    )
    connection.executemany("insert into marts.chronic_absence values (?, ?, ?, ?, ?)", rows)
    connection.close()
    hidden = [row for row in county.tables["chronic_absence"] if row["suppression_reason"]]
    small = [row for row in hidden if row["suppression_reason"] == SMALL]
    told = CliRunner().invoke(app, ["audit", "--database", str(file)]).stdout
    students = sum(row["truth"]["eligible_enrollment"] for row in small)
    everybody = sum(row["truth"]["eligible_enrollment"] for row in hidden)
    assert f"The primary rule alone would hide {len(small)} rows of chronic_absence ({students:,} students" in told
    assert f"Hidden are {len(hidden)} ({everybody:,})" in told
    assert sum(row["suppression_reason"] == COMPANION for row in hidden) == len(hidden) - len(small)


def test_a_file_without_its_thresholds_is_refused_in_words(tmp_path: Path) -> None:
    county = safe_county()
    del county.tables["suppression_thresholds"], county.tables["category_families"]
    with pytest.raises(AuditError, match=r"no table open_data\.category_families, open_data\.suppression_thresholds"):
        read_public(county.write(tmp_path / "attendance.duckdb"))


def test_a_threshold_that_is_not_published_is_named(tmp_path: Path) -> None:
    county = safe_county()
    county.tables["suppression_thresholds"].pop()
    with pytest.raises(AuditError, match=r"no row narrowest_bounds"):
        read_public(county.write(tmp_path / "attendance.duckdb"))


def test_a_column_that_the_audit_could_not_see_is_named(tmp_path: Path) -> None:
    county = safe_county()
    for row in county.tables["attendance_bands"]:
        del row["suppression_reason"]
    with pytest.raises(AuditError, match=r"no column open_data\.attendance_bands\.suppression_reason"):
        read_public(county.write(tmp_path / "attendance.duckdb"))


def test_a_table_that_is_not_published_is_told_and_gives_nothing_away(tmp_path: Path) -> None:
    county = safe_county()
    del county.tables["attendance_bands"]
    answer = CliRunner().invoke(app, ["audit", "--database", str(county.write(tmp_path / "attendance.duckdb"))])
    assert answer.exit_code == 0
    assert (
        "Not in this publication: attendance_bands, group_overlap, intervention_outcomes, published_chronic_absence, "
        "school_climate." in answer.stdout
    )


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="is not there"):
        read_public(tmp_path / "nothing.duckdb")
