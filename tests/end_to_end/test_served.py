"""What `attendance run` leaves for people who ask in SQL: a PostgreSQL that goes on, and a file for each audience."""

from __future__ import annotations

import duckdb

from publishing.serving.server import open_server
from tests.end_to_end.conftest import County


def test_postgres_holds_every_mart_and_says_what_each_is(county: County) -> None:
    server = open_server(county.settings)
    with (
        server.connect() as postgres,
        duckdb.connect(str(county.settings.warehouse), read_only=True) as warehouse,
    ):
        tables = warehouse.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where list_contains(['marts', 'open_data'], schema_name) order by 1"
        ).fetchall()
        assert len(tables) > 50
        for (name,) in tables:
            expected = warehouse.execute(f"select count(*) from {name}").fetchone()
            assert postgres.execute(f"select count(*) from {name}").fetchone() == expected, name
        undescribed = postgres.execute(
            "select nspname, relname, attname from pg_attribute join pg_class on pg_class.oid = attrelid "
            "join pg_namespace on pg_namespace.oid = relnamespace where nspname in ('marts', 'open_data') "
            "and relkind = 'r' and attnum > 0 and col_description(attrelid, attnum) is null"
        ).fetchall()
        assert undescribed == []
        keys = postgres.execute(
            "select count(*) from pg_indexes where schemaname in ('marts', 'open_data') and indexname like '%_key' "
            "and indexdef like 'CREATE UNIQUE%'"
        ).fetchone()
        assert keys == (len(tables),)


def test_every_district_has_its_file_and_the_public_too(county: County) -> None:
    names = {path.name for path in county.settings.copies.iterdir()}
    assert {"public.duckdb", "county.duckdb", "district-99001.duckdb"} < names
    assert len(names) == 12


def test_the_commands_say_where_people_are_served_and_what_there_is_to_go_back_to(county: County) -> None:
    said = county.attendance("postgres").stdout
    assert "PostgreSQL: psql 'host=127.0.0.1 port=" in said
    assert said.strip().splitlines()[-1].split("'")[1] in county.said
    assert "this is the only publication" in county.attendance("rollback", code=1).stderr
