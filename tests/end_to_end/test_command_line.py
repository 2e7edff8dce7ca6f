"""The command line as a tired analyst meets it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import duckdb

from tests.end_to_end.conftest import County, at_home


def test_run_says_what_it_does_and_where_the_pages_are(county: County) -> None:
    assert str(county.settings.site / "index.html") in county.said
    assert "Traceback" not in county.said


def test_status_tells_each_lea_its_last_delivery_rows_and_last_complete_day(county: County) -> None:
    said = county.attendance("status").stdout
    for name in ("Alder Unified", "Birch Elementary", "Cedar Unified", "Dogwood Union High"):
        assert name in said
    assert "1 of 5 schools silent" in said
    assert "2024" in said


def test_status_says_how_to_see_each_rejected_line_with_its_reason(county: County) -> None:
    said = county.attendance("status").stdout
    (told,) = [line for line in said.splitlines() if "Line by line" in line]
    rows = county.ask(told.split('"')[1])
    # the rest are remarks: loaded, and to be mended
    assert sum(row["is_rejected"] for row in rows) == 24
    assert all(row["line"] > 1 and row["reason"] for row in rows)


def test_status_names_every_system_and_fits_80_columns(county: County) -> None:
    narrow = County(county.settings, {**county.environment, "COLUMNS": "80"}, "")
    said = narrow.attendance("status").stdout
    for system in ("Aeries", "PowerSchool", "Infinite Campus", "Synergy", "CALPADS", "CHKS", "Interventions"):
        assert said.count(f"  {system} ") >= 1
    commands = ("attendance query", "/")
    assert [line for line in said.splitlines() if len(line) > 80 and not any(one in line for one in commands)] == []


def test_outbox_says_where_each_senders_list_and_summary_lie(county: County) -> None:
    said = county.attendance("outbox", "--lea", "1999001").stdout
    folder = county.settings.home / "outbox" / "1999001"
    assert str(folder) in said
    assert sorted(path.name for path in folder.iterdir()) == ["rejects.csv", "summary.html"]
    assert "No sender 7" in county.attendance("outbox", "--lea", "7", code=1).stderr


def test_query_answers_as_table_csv_and_json(county: County) -> None:
    sql = (
        "select school_year, chronic_rate from open_data.chronic_absence"
        " where entity_level = 'county' and reporting_category = 'TA' order by school_year"
    )
    table = county.attendance("query", sql).stdout
    rows = list(csv.DictReader(io.StringIO(county.attendance("query", sql, "-f", "csv").stdout)))
    objects = json.loads(county.attendance("query", sql, "-f", "json").stdout)
    assert [row["school_year"] for row in rows] == ["2022-23", "2023-24"] == [row["school_year"] for row in objects]
    assert [float(row["chronic_rate"]) for row in rows] == [float(row["chronic_rate"]) for row in objects]
    assert all(row["chronic_rate"] in table for row in rows)


def test_query_cannot_change_the_warehouse(county: County) -> None:
    done = county.attendance("query", "drop table marts.chronic_absence", code=1)
    assert "read-only" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_query_is_told_in_words(county: County) -> None:
    done = county.attendance("query", "select nonsense from marts.chronic_absence", code=1)
    assert "nonsense" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_warehouse_query_and_status_say_what_to_do(tmp_path: Path) -> None:
    settings, environment = at_home(tmp_path / "home")
    nobody = County(settings, environment, "")
    assert "make run" in nobody.attendance("query", "select 1", code=1).stderr
    assert "make run" in nobody.attendance("status").stdout


def test_extracts_that_are_not_there_are_told_in_words(tmp_path: Path) -> None:
    settings, environment = at_home(tmp_path / "home")
    done = County(settings, environment, "").attendance("load", "--extracts", str(tmp_path / "nowhere"), code=2)
    assert "is not a folder" in done.stderr


def test_the_published_file_can_be_read_by_older_clients(county: County) -> None:
    with duckdb.connect(str(county.settings.warehouse), read_only=True) as connection:
        (version,) = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'attendance'"
        ).fetchone() or ("",)
    assert version.startswith(("v1.4", "v1.3", "v1.2", "v1.1", "v1.0")), version
