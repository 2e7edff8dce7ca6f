"""The one schema that pages may read, and that nothing else can be reached from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from publishing import open_data
from publishing.open_data import OpenDataError


def test_pages_see_every_table_of_open_data_and_no_other_schema(database: Path) -> None:
    connection = open_data.connect(database)
    found = connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
    assert sorted(found) == [("open_data", table) for table in open_data.TABLES]


def test_a_query_outside_open_data_is_refused_before_it_runs(database: Path) -> None:
    connection = open_data.connect(database)
    with pytest.raises(OpenDataError, match=r"reads marts\.student_attendance; pages read open_data only"):
        open_data.rows(connection, "select * from marts.student_attendance", {})


@pytest.mark.parametrize(
    "sql",
    [
        "select * from marts.student_attendance",
        "select * from source.marts.student_attendance",
        "select * from read_text('{database}')",
        "select * from '{database}'",
        "attach '{database}' as again",
        "copy open_data.about to '{database}.csv'",
        "set enable_external_access = true",
        "load httpfs",
    ],
)
def test_nothing_else_can_be_reached_even_past_the_first_lock(database: Path, sql: str) -> None:
    connection = open_data.connect(database)
    with pytest.raises(duckdb.Error):
        connection.execute(sql.replace("{database}", str(database)))


@pytest.mark.parametrize(
    "sql",
    [
        "drop table open_data.about",
        "insert into open_data.about values ('19', 'x', false)",
        "attach 'elsewhere.duckdb'",
        "select 1; select 2",
        "",
    ],
)
def test_only_one_select_is_a_query(database: Path, sql: str) -> None:
    connection = open_data.connect(database)
    with pytest.raises(OpenDataError):
        open_data.rows(connection, sql, {})


def test_values_are_bound_and_never_pasted_in(database: Path) -> None:
    connection = open_data.connect(database)
    sql = "select county_name from open_data.about where county_name = $place"
    assert open_data.rows(connection, sql, {"place": "' or true --", "unused": 1}) == ()
    with pytest.raises(OpenDataError, match=r"needs \$place, which has no value here"):
        open_data.rows(connection, sql, {})


def test_views_in_open_data_are_read_too(tmp_path: Path, make_database: Callable[[Path], Path]) -> None:
    path = make_database(tmp_path / "county.duckdb")
    writer = duckdb.connect(str(path))
    writer.execute("create table marts.about as from open_data.about; drop table open_data.about")
    writer.execute("create view open_data.about as from marts.about")
    writer.close()
    connection = open_data.connect(path)
    assert open_data.rows(connection, "select county_code from open_data.about", {})[0]["county_code"] == "19"


def test_reading_does_not_change_the_database(tmp_path: Path, make_database: Callable[[Path], Path]) -> None:
    path = make_database(tmp_path / "county.duckdb")
    before = path.read_bytes()
    path.chmod(0o400)
    open_data.connect(path).close()
    assert path.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["county.duckdb"]


def test_a_database_that_is_not_whole_is_refused_with_a_remedy(
    tmp_path: Path, make_database: Callable[[Path], Path]
) -> None:
    path = tmp_path / "county.duckdb"
    with pytest.raises(OpenDataError, match=r"county\.duckdb is not there\. Build the warehouse first"):
        open_data.check_database(path)
    path.write_bytes(b"half a file")
    with pytest.raises(OpenDataError, match="does not open as a DuckDB database"):
        open_data.check_database(path)
    path.unlink()
    make_database(path)
    open_data.check_database(path, ("marts", "open_data"))
    with pytest.raises(OpenDataError, match="has no schema serving"):
        open_data.check_database(path, ("serving",))
    writer = duckdb.connect(str(path))
    writer.execute("drop table open_data.submissions")
    writer.close()
    with pytest.raises(OpenDataError, match=r"has no table open_data\.submissions"):
        open_data.check_database(path)


def test_a_database_that_is_being_written_is_refused(tmp_path: Path, make_database: Callable[[Path], Path]) -> None:
    path = make_database(tmp_path / "county.duckdb")
    path.with_name("county.duckdb.wal").write_bytes(b"")
    with pytest.raises(OpenDataError, match=r"has a write-ahead log beside it \(county\.duckdb\.wal\)"):
        open_data.check_database(path)
