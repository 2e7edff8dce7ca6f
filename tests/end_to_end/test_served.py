"""What `attendance run` leaves for people who ask in SQL: a PostgreSQL that goes on, and a file for each audience."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import psycopg
import pytest

from publishing.serving.catalog import read_tables
from publishing.serving.rights import read_rights
from publishing.serving.server import address_for, open_server
from tests.access.matrix import OF_STUDENTS, predicate
from tests.end_to_end.conftest import County
from tests.serving.seen import differences

DISTRICT = "99001"


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


def test_every_audiences_file_holds_the_very_rows_that_its_role_sees(county: County) -> None:
    settings = county.settings
    tables = read_tables(settings.warehouse, settings.dbt_project)
    roles = {"public": "public_reader", "county": "county_analyst"}
    files = sorted(settings.copies.iterdir())
    with open_server(settings).connect() as connection:
        for path in files:
            connection.execute(f"set session authorization {roles.get(path.stem, path.stem.replace('-', '_'))}")
            # what is public is the same in every file: once is enough
            looked_at = [table for table in tables if table.schema == "marts" or path.stem == "public"]
            assert differences(path, connection, looked_at) == [], path.stem
            connection.execute("reset session authorization")


@pytest.fixture(scope="module")
def district(county: County) -> Iterator[psycopg.Connection]:
    """Somebody of a district, who came in with the password that the county gave."""
    role = f"district_{DISTRICT}"
    password = county.attendance("roles", "--password", role).stdout.strip()
    assert f"{role} " in county.attendance("roles").stdout
    with psycopg.connect(address_for(county.settings, role, password), autocommit=True) as connection:
        yield connection


def test_a_district_that_logs_in_reads_its_rows_and_no_others(county: County, district: psycopg.Connection) -> None:
    me = district.execute("select current_user").fetchone()
    assert me == (f"district_{DISTRICT}",)
    with open_server(county.settings).connect() as connection:
        role = next(
            one
            for one in read_rights(county.settings, county.settings.warehouse).roles
            if one.district == DISTRICT and one.kind == "district"
        )
        refused = 0
        for table in read_tables(county.settings.warehouse, county.settings.dbt_project):
            mine = predicate(role, table.schema, table.name)
            sql = f"select count(*) from {table.label}"
            if mine is None:
                refused += 1
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    district.execute(sql)
                continue
            expected = connection.execute(f"{sql} where {mine}").fetchone()
            assert district.execute(sql).fetchone() == expected, table.label
            assert district.execute(f"{sql} where not ({mine})").fetchone() == (0,), table.label
        assert refused


def test_what_a_district_read_of_students_shows_in_the_access_log(county: County, district: psycopg.Connection) -> None:
    with_rows = set()
    for mart in OF_STUDENTS:
        (rows,) = district.execute(f"select count(*) from marts.{mart}").fetchone() or (0,)
        # where the district has no row, an index may tell so, and nothing was read
        if rows:
            with_rows.add(f"marts.{mart}")
    said = county.attendance("access-log", "--role", f"district_{DISTRICT}").stdout
    read = {line.split()[1] for line in said.splitlines()}
    assert with_rows <= read <= {f"marts.{mart}" for mart in OF_STUDENTS}
    assert {"marts.student_attendance", "marts.early_warning"} <= with_rows


def test_the_command_says_where_people_are_served(county: County) -> None:
    said = county.attendance("postgres").stdout
    assert "PostgreSQL: psql 'host=127.0.0.1 port=" in said
    assert said.strip().splitlines()[-1].split("'")[1] in county.said
