"""One real server for all tests here, a database of its own and a small invented warehouse for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo

from attendance.settings import PROJECT, Settings
from publishing import publish as publication
from publishing.serving.relations import STUDENT_COLUMNS
from publishing.serving.server import Server
from tests.both_languages import in_both_languages
from tests.publishing.conftest import build_database
from tests.servers import address_of, own_server

DASHBOARD = in_both_languages("""\
title: County
question: How many?
audience: public
filters:
  school_year: {label: School year, default: latest}
cards:
  - id: finding
    title: The finding
    kind: sentence
    at: {row: 0, column: 0, width: 24, height: 3}
    sql: |
      select chronic_rate from open_data.chronic_absence
      where entity_level = 'county' and reporting_category = 'TA' and school_year = $school_year
    says: "Stamp {{ percent(chronic_rate) }} ends."
""")

# Awkward on purpose: what a type, a null, a text can do to a load.
MARTS = """
drop table marts.student_attendance;
create table marts.student_attendance as
select
    '2023-24' as school_year,
    'S' || lpad(row::varchar, 6, '0') as student_key,
    case row % 4 when 0 then '99001' when 1 then '99002' when 2 then '99003' end as district_code,
    case when row % 4 < 3 then '990000' || (row % 7) end as school_code,
    row::integer as days_expected,
    case when row % 5 > 0 then (row / 8.0)::decimal(6, 2) end as days_absent,
    (-row / 3.0)::decimal(11, 8) as difference,
    (row * 1000000007)::bigint as large,
    row % 3 = 0 as is_chronic,
    case when row % 6 > 0 then date '1999-12-31' + row::integer end as first_date,
    case when row % 9 > 0 then timestamp '2024-02-29 23:59:59.999' + to_microseconds(row::bigint) end as received_at,
    case when row % 9 > 0 then timestamptz '2024-03-10 02:30:00.5-08' + to_microseconds(row::bigint) end as sent_at,
    case row % 5
        when 0 then ''
        when 2 then 'Ñandú "so" it''s'
        when 3 then E'two\\nlines\\\\N'
        when 4 then '\N{CJK UNIFIED IDEOGRAPH-6F22} \N{GRINNING FACE}'
    end as note
from range(1, 1201) as numbers(row);
create table marts.stamp_left as
    select 0 as version, '99001' as district_code, row::integer as id from range(400) as numbers(row);
create table marts.stamp_right as
    select 0 as version, '99002' as district_code, row::integer as id from range(400) as numbers(row);
create table marts.dim_entities as
    select '9900' || d as district_code, case when s > 0 then '99000' || d || s end as school_code
    from range(1, 3) as districts(d), range(2) as schools(s);
-- one of those whose figures the audit leaves alone
create or replace table open_data.goal_counts as select 0 as version, row::integer as id from range(400) as r(row);
create table marts.empty_table as select null::varchar as code, null::decimal(5, 1) as rate where false;
create table marts.groups (reporting_category varchar, student_group varchar);
insert into marts.groups values ('TA', 'ALL'), ('RB', null), (null, 'AA');
"""
GRAINS = {
    "student_attendance": "school_year, student_key",
    "stamp_left": "id",
    "stamp_right": "id",
    "goal_counts": "id",
    "groups": "reporting_category, student_group",
}


def set_stamp(database: Path, version: int) -> None:
    """Plant a version in several tables, among them the one that the page shows."""
    with duckdb.connect(str(database)) as writer:
        for table in ("marts.stamp_left", "marts.stamp_right", "open_data.goal_counts"):
            writer.execute(f"update {table} set version = {version}")
        writer.execute(
            f"update open_data.chronic_absence set chronic_rate = {version / 10} "
            "where entity_level = 'county' and reporting_category = 'TA' and school_year = '2023-24'"
        )


def audience(schema: str, columns: list[str]) -> str:
    """For whom a table is that has these columns."""
    if schema == "open_data":
        return "open"
    return "students" if STUDENT_COLUMNS & set(columns) else "aggregates"


def describe(database: Path, project: Path) -> None:
    """Files of a dbt project that say of each table what it is."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name, table_name, list(column_name) from duckdb_columns() "
            "where list_contains(['marts', 'open_data'], schema_name) group by all"
        ).fetchall()
    for schema, name, columns in rows:
        folder = project / "dbt_project" / "models" / schema
        folder.mkdir(parents=True, exist_ok=True)
        # the project's own way: names of models are unique, and a public table may be called like its mart
        of_model = f"open_{name}" if schema == "open_data" else name
        (folder / f"{of_model}.sql").write_text(f"{{{{ config(alias='{name}') }}}} select 1", encoding="utf-8")
        model = {
            "name": of_model,
            "description": f"What {name} is; it's said.",
            "config": {"meta": {"grain": GRAINS.get(name, ""), "access": audience(schema, columns)}},
            # one table's are enough, and thirty publications are quicker
            "columns": [
                {"name": column, "description": f"The {column} of it."} for column in columns if name == "groups"
            ],
        }
        (folder / f"{of_model}.yml").write_text(yaml.safe_dump({"models": [model]}), encoding="utf-8")


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small warehouse file with awkward values."""
    path = build_database(tmp_path_factory.mktemp("warehouse") / "attendance.duckdb")
    with duckdb.connect(str(path)) as writer:
        writer.execute(MARTS)
    set_stamp(path, 1)
    return path


@pytest.fixture(scope="session")
def own() -> Iterator[tuple[Settings, Server]]:
    """A server of our own, stopped at the end."""
    with own_server() as made:
        yield made


AUDIT = publication._audit


@pytest.fixture(autouse=True)
def _no_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is published here was invented to be awkward, not to be safe: test_audited.py."""
    monkeypatch.setattr(publication, "_audit", lambda *_: "not asked")


@dataclass(frozen=True)
class Place:
    """A home in which a warehouse waits to be published to a database of its own."""

    settings: Settings
    warehouse: Path

    def build(self, version: int) -> Settings:
        """Have a warehouse with that stamp wait to be published."""
        self.settings.building.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.warehouse, self.settings.building)
        set_stamp(self.settings.building, version)
        return self.settings

    def connect(self, **how: Any) -> psycopg.Connection:
        """As the owner, in autocommit unless said otherwise."""
        return psycopg.connect(self.settings.postgres, **{"autocommit": True, **how})

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows, as the owner."""
        with self.connect() as connection:
            return connection.execute(sql).fetchall()

    def as_role(self, role: str) -> str:
        """The address of a role."""
        return make_conninfo(self.settings.postgres, user=role, password=PASSWORD)


PASSWORD = "only for tests"
READER = "test_reader"


def let_read(cursor: psycopg.Cursor[Any], schemas: Mapping[str, str]) -> None:
    """Rights as a role might have them: everything, by one reader."""
    cursor.execute(f"select 1 from pg_roles where rolname = '{READER}'")
    if cursor.fetchone() is None:
        cursor.execute(f"create role {READER} login password '{PASSWORD}'")
    for schema in schemas.values():
        cursor.execute(f"grant usage on schema {schema} to {READER}")
        cursor.execute(f"grant select on all tables in schema {schema} to {READER}")


@pytest.fixture
def place(tmp_path: Path, own: tuple[Settings, Server], warehouse: Path) -> Iterator[Place]:
    """A home, and a database of its own on the shared server."""
    with _place_in(tmp_path, own[1], warehouse) as made:
        yield made


@pytest.fixture(scope="module")
def published(
    tmp_path_factory: pytest.TempPathFactory, own: tuple[Settings, Server], warehouse: Path
) -> Iterator[Place]:
    """A place from which was published, for tests that only look."""
    with _place_in(tmp_path_factory.mktemp("published"), own[1], warehouse) as made, pytest.MonkeyPatch.context() as at:
        at.setattr(publication, "_audit", lambda *_: "not asked")
        publication.publish(made.settings, grant=let_read)
        yield made


@contextmanager
def _place_in(folder: Path, server: Server, warehouse: Path) -> Iterator[Place]:
    name = f"test_{os.urandom(4).hex()}"
    with server.connect() as connection:
        connection.execute(f"create database {name}")
    project = folder / "project"
    (project / "dashboards").mkdir(parents=True)
    (project / "dashboards" / "county.yml").write_text(DASHBOARD, encoding="utf-8")
    describe(warehouse, project)
    home = folder / "home"
    settings = Settings(
        home=home,
        config=PROJECT / "config",
        extracts=home,
        public=home,
        project=project,
        postgres=address_of(server, name),
    )
    made = Place(settings, warehouse)
    made.build(1)
    yield made
    with server.connect() as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def spoil() -> Callable[[Path, str], None]:
    """Run SQL on a warehouse file."""

    def run(database: Path, sql: str) -> None:
        with duckdb.connect(str(database)) as writer:
            writer.execute(sql)

    return run
