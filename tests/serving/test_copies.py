"""A file for each audience holds what the audience may read and nothing else, and opens in DuckDB from 1.4 on."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from attendance.settings import PROJECT
from publishing.publish import publish
from publishing.serving.catalog import read_tables
from publishing.serving.copies import BLOCK
from tests.serving.conftest import Place
from tests.serving.seen import differences

READERS = Path(sys.prefix) / "readers"
DISTRICTS = {f"district-9900{number}": f"district_9900{number}" for number in (1, 2)}
FIGURES = "select count(*), count(note), sum(days_absent)::varchar from marts.student_attendance"
OLD_CLIENT = """
import sys, json
sys.path.insert(0, sys.argv[1])
import duckdb
connection = duckdb.connect(sys.argv[2], read_only=True)
rows = connection.execute(sys.argv[3]).fetchone()
comments = connection.execute("select count(comment) from duckdb_columns() where table_name = 'groups'").fetchone()
print(json.dumps([duckdb.__version__, *rows, *comments]))
"""


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def tables_in(path: Path) -> set[str]:
    return {row[0] for row in ask(path, "select schema_name || '.' || table_name from duckdb_tables()")}


def test_the_county_has_everything_and_the_public_has_open_data_only(published: Place) -> None:
    settings = published.settings
    everything = {table.label for table in read_tables(settings.warehouse, settings.dbt_project)}
    assert tables_in(settings.copies / "county.duckdb") == everything
    assert tables_in(settings.copies / "public.duckdb") == {
        name for name in everything if name.startswith("open_data.")
    }
    for name in sorted(everything):
        rows = sorted(ask(settings.warehouse, f"select * from {name}"), key=repr)
        assert sorted(ask(settings.copies / "county.duckdb", f"select * from {name}"), key=repr) == rows


def test_a_district_has_its_own_rows_and_open_data(published: Place) -> None:
    settings = published.settings
    path = settings.copies / "district-99002.duckdb"
    rows = ask(path, "select distinct district_code from marts.student_attendance")
    assert rows == [("99002",)]
    assert ask(path, "select count(*) from marts.student_attendance") == ask(
        settings.warehouse, "select count(*) from marts.student_attendance where district_code = '99002'"
    )
    # what is for the county office alone is not in it, whether it has codes or not
    assert not {"marts.stamp_left", "marts.groups"} & tables_in(path)
    assert ask(path, "select count(*) from open_data.goal_counts") == [(400,)]


def test_a_districts_file_holds_the_very_rows_that_its_role_sees_on_the_server(place: Place) -> None:
    publish(place.settings)
    tables = read_tables(place.settings.warehouse, place.settings.dbt_project)
    with place.connect() as connection:
        for name, role in (("public", "public_reader"), ("county", "county_analyst"), *DISTRICTS.items()):
            connection.execute(f"set session authorization {role}")
            assert differences(place.settings.copies / f"{name}.duckdb", connection, tables) == [], name
            connection.execute("reset session authorization")


def test_what_is_not_public_is_for_its_owner_alone(published: Place) -> None:
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in published.settings.copies.iterdir()}
    assert rights.pop("public.duckdb") == 0o644
    assert set(rights.values()) == {0o600}


def test_tables_and_columns_say_what_they_are(published: Place) -> None:
    path = published.settings.copies / "district-99001.duckdb"
    says = ask(path, "select comment from duckdb_tables() where table_name in ('student_attendance', 'goal_counts')")
    assert sorted(says) == [("What goal_counts is; it's said.",), ("What student_attendance is; it's said.",)]


def test_an_older_client_reads_them(published: Place) -> None:
    if not (READERS / "duckdb").is_dir():
        pytest.skip("no older DuckDB client here: make test puts one into .venv/readers")
    path = published.settings.copies / "county.duckdb"
    done = subprocess.run(
        [sys.executable, "-c", OLD_CLIENT, str(READERS), str(path), FIGURES],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    version, *rest = json.loads(done.stdout)
    assert version.startswith("1.4.")
    assert [tuple(rest[:3])] == ask(path, FIGURES)
    assert rest[3] == 2


def test_a_small_file_is_small(published: Place) -> None:
    path = published.settings.copies / "district-99002.duckdb"
    assert path.stat().st_size < 200 * BLOCK


def test_whoever_has_the_old_file_open_reads_on(place: Place) -> None:
    publish(place.settings)
    with duckdb.connect(str(place.settings.copies / "public.duckdb"), read_only=True) as reader:
        for version in (2, 3, 4):
            publish(place.build(version))
        assert reader.execute("select distinct version from open_data.goal_counts").fetchall() == [(1,)]
    assert ask(place.settings.copies / "public.duckdb", "select distinct version from open_data.goal_counts") == [(4,)]
