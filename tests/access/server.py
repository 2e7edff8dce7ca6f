"""A server of a test's own, with the county loaded as a publication loads it: under other names, then renamed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from publishing.serving.access import (
    Place,
    Relation,
    Role,
    access_statements,
    password_statement,
    places_of,
    read_roles,
    relations_of,
    roles_in,
)
from publishing.serving.server import DATABASE
from tests.access.county import MODELS, ROLES
from tests.servers import address_of, own_server

TYPES = {"VARCHAR": "text", "DOUBLE": "double precision", "TIMESTAMP WITH TIME ZONE": "timestamptz"}
# one role has to give its password, the others are believed: it is no test of the server's own authentication
WITH_PASSWORD, PASSWORD = "public_reader", "of-nobody-in-this-county"
HBA = f"local all {WITH_PASSWORD} scram-sha-256\nlocal all all trust\n"


@dataclass(frozen=True)
class Served:
    """A running server with a county on it, and the file from which it was loaded."""

    uri: str
    log: Path
    warehouse: Path
    relations: tuple[Relation, ...]
    places: tuple[Place, ...]
    roles: tuple[Role, ...]

    def connect(self, role: str, **options: Any) -> psycopg.Connection[Any]:
        """A session of a role; statements commit by themselves."""
        if role == WITH_PASSWORD:
            options = {"password": PASSWORD, **options}
        return psycopg.connect(self.uri, user=role, autocommit=True, **options)

    def ask(self, sql: str, role: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows that a role is given."""
        with self.connect(role) as connection:
            return connection.execute(sql).fetchall()

    def role(self, name: str) -> Role:
        """A role by its name."""
        return next(role for role in self.roles if role.name == name)


def execute(connection: psycopg.Connection[Any], statements: list[str]) -> None:
    """Run statements in order."""
    for statement in statements:
        connection.execute(statement)


def load(connection: psycopg.Connection[Any], warehouse: Path, schemas: dict[str, str]) -> None:
    """Fill new schemas from a warehouse by COPY; indexes begin with the place."""
    with duckdb.connect(str(warehouse), read_only=True) as file, tempfile.TemporaryDirectory() as scratch:
        for schema, there in schemas.items():
            connection.execute(f"create schema {there}")
            for (name,) in file.execute(
                "select table_name from information_schema.tables where table_schema = ? order by 1", [schema]
            ).fetchall():
                columns = file.execute(
                    "select column_name, data_type from information_schema.columns "
                    "where table_schema = ? and table_name = ? order by ordinal_position",
                    [schema, name],
                ).fetchall()
                typed = ", ".join(f"{column} {TYPES.get(kind, kind)}" for column, kind in columns)
                connection.execute(f"create table {there}.{name} ({typed})")
                csv = Path(scratch) / "rows.csv"
                file.execute(f"copy {schema}.{name} to '{csv}' (format csv, header false)")
                copied = f"copy {there}.{name} from stdin (format csv)"
                with connection.cursor().copy(copied) as copy, csv.open("rb") as rows:
                    while chunk := rows.read(1 << 20):
                        copy.write(chunk)
                names = [column for column, _ in columns]
                if "district_code" in names and "school_code" in names:
                    key = ", student_key" if "student_key" in names else ""
                    connection.execute(f"create index on {there}.{name} (district_code, school_code{key})")


@contextmanager
def serving(warehouse: Path) -> Iterator[Served]:
    """A server that holds a warehouse, as long as the test takes."""
    with own_server() as (settings, server):
        (settings.postgres_home / "data" / "pg_hba.conf").write_text(HBA, encoding="utf-8")
        with duckdb.connect(str(warehouse), read_only=True) as file:
            relations, places = relations_of(MODELS, file), places_of(file)
        table = read_roles(ROLES)
        schemas = {"marts": "marts_next", "open_data": "open_data_next"}
        with server.connect() as connection:
            connection.execute("select pg_reload_conf()")
            with connection.transaction():
                load(connection, warehouse, schemas)
                execute(connection, access_statements(table, relations, schemas, places))
                for schema, there in schemas.items():
                    connection.execute(f"alter schema {there} rename to {schema}")
            connection.execute("analyze")
            verifier = connection.pgconn.encrypt_password(PASSWORD.encode(), WITH_PASSWORD.encode(), b"scram-sha-256")
            execute(connection, [password_statement(WITH_PASSWORD, verifier.decode())])
        uri = address_of(server, DATABASE)
        yield Served(uri, settings.server_log, warehouse, relations, places, roles_in(table, places))
