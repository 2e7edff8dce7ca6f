"""What people read in PostgreSQL is what the warehouse holds: every value, its type, its key, what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from publishing.publish import publish
from publishing.serving import load as loading
from publishing.serving import swap
from publishing.serving.access import AccessError
from publishing.serving.catalog import CatalogError, read_tables
from publishing.serving.load import APPLICATION, Grant, LoadError
from publishing.serving.server import open_server
from tests.serving.conftest import READER, Place, let_read


def rows_of(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_every_value_arrives_as_it_is(published: Place) -> None:
    for table in read_tables(published.settings.warehouse, published.settings.dbt_project):
        sql = f"select * from {table.label}"
        theirs = sorted(published.ask(sql), key=repr)
        assert theirs == sorted(rows_of(published.settings.warehouse, sql), key=repr), table.label
    notes = {row[0] for row in published.ask("select note from marts.student_attendance")}
    assert {"", None, "two\nlines\\N"} < notes


def test_types_are_exact(published: Place) -> None:
    found = dict(
        published.ask(
            "select attname::text, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = 'marts.student_attendance'::regclass and attnum > 0"
        )
    )
    assert found == {
        "school_year": "text",
        "student_key": "text",
        "district_code": "text",
        "school_code": "text",
        "days_expected": "integer",
        "days_absent": "numeric(6,2)",
        "difference": "numeric(11,8)",
        "large": "bigint",
        "is_chronic": "boolean",
        "first_date": "date",
        "received_at": "timestamp without time zone",
        "sent_at": "timestamp with time zone",
        "note": "text",
    }


def test_the_grain_is_unique_and_what_people_pick_rows_by_is_indexed(published: Place) -> None:
    found = dict(
        published.ask("select indexname::text, indexdef from pg_indexes where tablename = 'student_attendance'")
    )
    assert set(found) == {"student_attendance_key", "student_attendance_student_key"}
    assert "UNIQUE INDEX" in found["student_attendance_key"]
    # each begins with the place: a plan that finds rows by a key alone would tell of others' rows
    assert "(district_code, school_code, school_year, student_key)" in found["student_attendance_key"]
    assert "(district_code, school_code, student_key)" in found["student_attendance_student_key"]
    ((by_district,),) = published.ask("select indexdef from pg_indexes where indexname = 'stamp_left_district_code'")
    assert "(district_code)" in by_district
    ((groups,),) = published.ask("select indexdef from pg_indexes where indexname = 'groups_key'")
    assert "NULLS NOT DISTINCT" in groups


def test_a_grain_that_is_not_unique_stops_the_publication(place: Place, spoil: Callable[[Path, str], None]) -> None:
    spoil(place.settings.building, "insert into marts.groups values (null, 'AA')")
    with pytest.raises(LoadError, match=r"marts\.groups could not be loaded.*groups_key"):
        publish(place.settings)
    assert not place.settings.warehouse.exists()


def test_tables_and_columns_say_what_they_are(published: Place) -> None:
    ((table, column),) = published.ask(
        "select obj_description('marts.groups'::regclass), col_description('marts.groups'::regclass, 2)"
    )
    assert (table, column) == ("What groups is; it's said.", "The student_group of it.")


def test_every_table_is_analyzed_and_needs_no_vacuum(published: Place) -> None:
    ((pages, visible),) = published.ask(
        "select relpages, relallvisible from pg_class where oid = 'marts.student_attendance'::regclass"
    )
    assert pages == visible > 0
    ((rows,),) = published.ask("select count(*) from pg_stats where tablename = 'student_attendance'")
    assert rows == 13


SPOILED = [
    ("delete from {0} where days_expected = 7", "1,200 rows in the warehouse, 1,199 in PostgreSQL"),
    ("update {0} set days_absent = days_absent + 0.01 where days_expected = 7", "other values in days_absent"),
    ("update {0} set note = '' where note is null and days_expected = 6", "other values in note"),
    ("update {0} set first_date = first_date + 1 where days_expected = 7", "other values in first_date"),
    ("update {0} set is_chronic = not is_chronic where days_expected = 7", "other values in is_chronic"),
    # two rows that change a value: every column by itself is as it was
    (
        "update {0} set large = case days_expected when 7 then 8 else 7 end * 1000000007::bigint "
        "where days_expected in (7, 8)",
        "which value stands beside which",
    ),
]


@pytest.mark.parametrize(("sql", "said"), SPOILED, ids=[said for _, said in SPOILED])
def test_a_table_that_is_not_the_same_on_both_sides_stops_the_publication(
    place: Place, monkeypatch: pytest.MonkeyPatch, sql: str, said: str
) -> None:
    original = loading._check

    def spoiled(source: Any, connection: psycopg.Connection, table: Any, schemas: Any) -> None:
        if table.name == "student_attendance":
            connection.execute(sql.format("marts_next.student_attendance"))
        original(source, connection, table, schemas)

    monkeypatch.setattr(loading, "_check", spoiled)
    with pytest.raises(LoadError, match=r"marts\.student_attendance is not the same") as raised:
        publish(place.settings)
    assert said in str(raised.value)
    assert place.ask("select 1 from pg_namespace where nspname in ('marts', 'open_data')") == []


def test_a_table_that_the_project_does_not_describe_is_not_served(
    place: Place, spoil: Callable[[Path, str], None]
) -> None:
    spoil(place.settings.building, "create table marts.new_mart as select 1 as a")
    with pytest.raises(AccessError, match=r"marts\.new_mart says not who may see it, so nobody may"):
        publish(place.settings)
    with pytest.raises(CatalogError, match=r"marts\.new_mart is in .*, and no file of .* describes it"):
        read_tables(place.settings.building, place.settings.dbt_project)


def test_a_type_that_would_be_rounded_is_refused(place: Place, spoil: Callable[[Path, str], None]) -> None:
    spoil(place.settings.building, "alter table marts.groups add column share double")
    with pytest.raises(CatalogError, match=r"marts\.groups\.share is DOUBLE, which cannot be served exactly"):
        publish(place.settings)


def test_nobody_may_look_into_what_is_not_yet_published(place: Place) -> None:
    seen: list[bool] = []

    def look(cursor: psycopg.Cursor[Any], schemas: Any) -> None:
        let_read(cursor, schemas)
        seen.append(True)

    settings = place.settings
    tables = read_tables(settings.building, settings.dbt_project)
    server = open_server(settings)
    with server.connect() as connection, swap.alone(connection, APPLICATION):
        grant: Grant = look
        loaded = loading.load(server, connection, settings.building, tables, release="0123456789abcdef", grant=grant)
    assert seen
    assert loaded.readers == {"marts": (READER,), "open_data": (READER,)}
    with (
        psycopg.connect(place.as_role(READER)) as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema marts_next"),
    ):
        reader.execute("select * from marts_next.groups")
