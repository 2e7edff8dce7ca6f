"""Two warehouses side by side: a difference is found, counted, and no row of it is shown."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from attendance.compare import CompareError
from attendance.compare_warehouses import TableComparison, compare_warehouses, print_warehouses

STUDENTS = "(values ('secret key', 1.5, 0.1::double), ('secret key', 1.5, 0.1::double), ('another', 2.0, 0.2::double))"


def _warehouse(path: Path, *changes: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create schema open_data; create schema intermediate")
        connection.execute(f"create table marts.students as select * from {STUDENTS} as t(student_key, days, rate)")
        connection.execute("create table marts.entities as select '1' as cds_code, true as is_dass")
        connection.execute("create table marts.rejects as select 1 as rows_listed")
        connection.execute("create table intermediate.of_one_engine as select 1 as n")
        for change in changes:
            connection.execute(change)
    return path


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return _warehouse(tmp_path / "one.duckdb")


def _compared(one: Path, tmp_path: Path, *changes: str) -> dict[str, TableComparison]:
    other = tmp_path / "other.duckdb"
    other.unlink(missing_ok=True)
    return {table.name: table for table in compare_warehouses(one, _warehouse(other, *changes))}


def test_what_people_read_is_compared_and_nothing_else(one: Path, tmp_path: Path) -> None:
    tables = _compared(one, tmp_path, "drop table intermediate.of_one_engine")
    assert set(tables) == {"marts.students", "marts.entities", "marts.rejects"}
    assert all(table.is_equal for table in tables.values())


def test_the_order_of_rows_and_what_is_less_than_a_billionth_is_no_difference(one: Path, tmp_path: Path) -> None:
    backwards = "create or replace table marts.students as select * from marts.students order by student_key"
    assert _compared(one, tmp_path, backwards, "update marts.students set rate = rate + 1e-12")[
        "marts.students"
    ].is_equal
    tables = _compared(one, tmp_path, "update marts.students set rate = rate + 1e-8")
    assert not tables["marts.students"].is_equal


def test_a_row_that_stands_once_too_often_is_a_difference(one: Path, tmp_path: Path) -> None:
    more = "insert into marts.students select * from marts.students limit 1"
    students = _compared(one, tmp_path, more)["marts.students"]
    assert (students.rows, students.other_rows, students.only, students.only_other) == (3, 4, 0, 1)


def test_a_missing_table_another_type_and_another_column_are_differences(one: Path, tmp_path: Path) -> None:
    tables = _compared(
        one,
        tmp_path,
        "drop table marts.rejects",
        "alter table marts.entities alter is_dass type varchar",
        "alter table marts.students drop rate",
    )
    assert not any(table.is_equal for table in tables.values())
    assert tables["marts.rejects"].other_rows is None
    assert tables["marts.entities"].columns == ("is_dass: BOOLEAN and VARCHAR",)
    assert tables["marts.students"].columns == ("rate: DOUBLE and missing",)


def test_differences_are_told_in_numbers_and_no_row_is_shown(one: Path, tmp_path: Path) -> None:
    tables = _compared(one, tmp_path, "update marts.students set days = 3 where student_key = 'another'")
    said = StringIO()
    assert not print_warehouses(list(tables.values()), ("DuckDB", "Spark"), Console(file=said, width=120))
    assert "<- differs" in said.getvalue()
    assert "2 of 3 tables equal" in said.getvalue()
    assert "another" not in said.getvalue()
    assert "secret" not in said.getvalue()


def test_a_warehouse_that_is_not_there_is_named(one: Path, tmp_path: Path) -> None:
    with pytest.raises(CompareError, match=r"nowhere\.duckdb"):
        compare_warehouses(one, tmp_path / "nowhere.duckdb")
