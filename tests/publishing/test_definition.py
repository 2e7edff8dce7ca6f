"""What a dashboard's file may say, and how its errors read."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from publishing import open_data
from publishing.definition import DefinitionError, check_columns, read_dashboard, read_dashboards

GOOD = """\
title: County overview
question: Where is attendance slipping?
audience: public
filters:
  school_year: {label: School year, default: latest}
cards:
  - id: rate
    title: Chronically absent
    kind: scalar
    at: {row: 0, column: 0, width: 8, height: 4}
    sql: select chronic_rate, eligible_enrollment from open_data.chronic_absence where school_year = $school_year
    value: {column: chronic_rate, format: percent, of: eligible_enrollment}
  - id: groups
    title: For whom
    kind: row
    at: {row: 0, column: 8, width: 16, height: 8}
    sql: |
      select reporting_category, chronic_rate, eligible_enrollment, suppression_reason
      from open_data.chronic_absence
      where school_year = $school_year
    columns:
      reporting_category: {label: Group}
      chronic_rate: {label: Chronically absent, format: percent}
      eligible_enrollment: {label: Students, format: count}
    reason: suppression_reason
    x: chronic_rate
    y: reporting_category
    says: "{{ rows | length }} groups"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "county.yml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def refused(path: Path, old: str, new: str) -> str:
    """The message after one change to the good file."""
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        read_dashboard(path)
    return str(error.value)


def test_a_good_file_is_read(file: Path) -> None:
    dashboard = read_dashboard(file)
    assert dashboard.name == "county"
    assert [card.id for card in dashboard.cards] == ["rate", "groups"]


def test_the_projects_own_dashboards_are_good(dashboards: Path, database: Path) -> None:
    read = read_dashboards(dashboards)
    assert [dashboard.name for dashboard in read] == ["county", "data_quality", "district", "student_groups"]
    connection = open_data.connect(database)
    check_columns(dashboards, read, connection)
    connection.close()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "question:",
            "qestion:",
            "county.yml, key qestion: unknown key. Correct its spelling or remove it; known keys",
        ),
        ("question: Where is attendance slipping?\n", "", "county.yml, key question: is missing. Add it."),
        ("    y: report", "    yy: report", "county.yml, card groups, key yy: unknown key"),
        ("    x: chronic_rate\n", "", "county.yml, card groups, key x: is missing. Add it."),
        ("kind: row", "kind: pie", "card groups: unknown kind. Use one of sentence, scalar, row, dots, line"),
        ("    kind: row\n", "", "card groups: kind is missing. Add it: one of sentence"),
        ("audience: public", "audience: all", "key audience: Input should be 'public', 'county' or 'district'"),
        ("width: 16", "width: 17", "card groups, key at: column 8 and width 17 end at 25, past the grid's 24"),
        ("column: 8,", "column: 7,", "card groups, key at: overlaps card rate. Move one of them"),
        ("id: groups", "id: rate", "card rate, key id: stands more than once. Give each card its own id."),
        ("id: groups", "id: By group", "key id: String should match pattern"),
        ("    x: chronic_rate", "    x: rate", "card groups: x names 'rate', which is not among the card's columns"),
        ("    x: chronic_rate", "    x: reporting_category", "which has no number. Give it format: percent or count"),
        (", of: eligible_enrollment}", "}", "card rate: value is a percentage without its head-count"),
        (
            "      eligible_enrollment: {label: Students, format: count}\n",
            "",
            "card groups: columns show a rate without its head-count",
        ),
        ("    says:", "    note:", "card groups, key says: is missing. Add it."),
        ("    reason: suppression_reason\n", "", "card groups, key reason: is missing. Add it."),
        ('"{{ rows', '"{{ {rows', "card groups, key says: "),
        (
            "  school_year: {",
            "  level: {label: Level, default: all}\n  school_year: {",
            "key filters.level: no card's SQL",
        ),
        ("default: latest", "default: latest, values: [a]", "key filters.school_year: default 'latest' is not among"),
        ("$school_year", "$year", "card rate, key sql: uses $year, which nothing gives it. Add a filter of that name"),
        ("$school_year", "$district", "card rate, key sql: uses $district, which nothing gives it"),
        ("select chronic_rate,", "selec chronic_rate,", "card rate, key sql: is not a SELECT that DuckDB can parse"),
        ("title: County", "title: County\ntitle: County", "county.yml is not valid YAML: the key 'title' stands twice"),
        ("title: County", "name: x\ntitle: County", "county.yml, key name: a dashboard is named by its file"),
    ],
)
def test_an_error_names_file_card_key_and_remedy(file: Path, old: str, new: str, message: str) -> None:
    assert message in refused(file, old, new)


@pytest.mark.parametrize(
    ("reads", "named"),
    [
        ("marts.chronic_absence", "marts.chronic_absence"),
        ("open_data.chronic_absence join marts.student_attendance using (school_year)", "marts.student_attendance"),
        ("open_data.chronic_absence where exists (from marts.student_attendance) and true", "marts.student_attendance"),
        ("(select * from MARTS.student_attendance)", "MARTS.student_attendance"),
        ('"marts"."student_attendance"', "marts.student_attendance"),
        ("warehouse.open_data.chronic_absence", "warehouse.open_data.chronic_absence"),
        ("chronic_absence", "chronic_absence"),
        ("open_data.secret_table", "open_data.secret_table"),
        ("'lake/students.parquet'", "lake/students.parquet"),
        ("read_parquet('lake/students.parquet')", "read_parquet()"),
        ("query_table('marts.student_attendance')", "query_table()"),
        ("duckdb_tables()", "duckdb_tables()"),
        ("open_data.chronic_absence union all select * from marts.student_attendance", "marts.student_attendance"),
    ],
)
def test_a_public_card_that_reads_outside_open_data_is_refused(file: Path, reads: str, named: str) -> None:
    message = refused(
        file, "from open_data.chronic_absence where school_year", f"from {reads} -- \n      where school_year"
    )
    assert f"card rate, key sql: reads {named}, but a public card may read the schema open_data only" in message


def test_a_name_given_inside_the_query_is_not_a_table(file: Path) -> None:
    file.write_text(
        GOOD.replace(
            "sql: select chronic_rate, eligible_enrollment from open_data.chronic_absence",
            "sql: with marts as (from open_data.chronic_absence) select chronic_rate, eligible_enrollment from marts",
        ),
        encoding="utf-8",
    )
    assert read_dashboard(file).cards[0].id == "rate"


def test_a_dashboard_of_the_county_may_read_marts(file: Path) -> None:
    text = GOOD.replace("audience: public", "audience: county").replace("open_data.chronic_absence", "marts.rates")
    file.write_text(text, encoding="utf-8")
    assert read_dashboard(file).audience == "county"


def test_columns_that_the_sql_does_not_return_are_named(tmp_path: Path, file: Path, database: Path) -> None:
    file.write_text(GOOD.replace("of: eligible_enrollment}", "of: enrollment}"), encoding="utf-8")
    connection = open_data.connect(database)
    with pytest.raises(DefinitionError) as error:
        check_columns(tmp_path, (read_dashboard(file),), connection)
    assert (
        "county.yml, card rate, key value.of: the SQL returns no column 'enrollment'; it returns chronic_rate, "
        in str(error.value)
    )


def test_sql_that_does_not_run_is_named(tmp_path: Path, file: Path, database: Path) -> None:
    file.write_text(GOOD.replace("select chronic_rate,", "select chronic_rat,"), encoding="utf-8")
    connection = open_data.connect(database)
    with pytest.raises(DefinitionError, match=r"county\.yml, card rate, key sql: Binder Error: .*Correct the query\."):
        check_columns(tmp_path, (read_dashboard(file),), connection)


def test_a_link_leads_to_a_dashboard_that_is_made_for_each_district(tmp_path: Path, file: Path) -> None:
    text = GOOD.replace("{label: Group}", "{label: Group, link: {page: county, key: reporting_category}}")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError, match="no dashboard 'county' is made for each district"):
        read_dashboards(tmp_path)


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path, file: Path) -> None:
    file.write_text(GOOD.replace("question:", "qestion:"), encoding="utf-8")
    (tmp_path / "other.yml").write_text(yaml.safe_dump({"title": "Other"}), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        read_dashboards(tmp_path)
    assert "county.yml, key qestion" in str(error.value)
    assert "other.yml, key cards: is missing" in str(error.value)


def test_a_folder_without_dashboards_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="holds no dashboard"):
        read_dashboards(tmp_path)
