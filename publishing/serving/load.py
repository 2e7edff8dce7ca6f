"""From the built warehouse file into fresh schemas of PostgreSQL, beside those that people read, and proven equal.

Each table is made with exact types, filled by Arrow (ADBC's binary COPY, a batch at a time), given its key, its indexes
and its descriptions, and counted. Then both engines, each by itself, add up a checksum of all rows; where they differ,
nothing is published.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import adbc_driver_manager
import adbc_driver_postgresql.dbapi
import duckdb
import psycopg
from adbc_driver_manager.dbapi import Connection as Stream
from psycopg.conninfo import make_conninfo

from publishing.errors import PublishingError
from publishing.serving.catalog import SCHEMAS, Column, Table, quoted, text
from publishing.serving.relations import PLACE_COLUMNS
from publishing.serving.server import Server
from publishing.serving.swap import NEXT, close_to_readers, comment_with

BATCH = 100_000
# Tables of that many rows are told one by one: smaller ones take no time.
TOLD = 100_000
# By what people pick rows, beside the grain and the place.
INDEXED = ("district_code", "school_code", "student_key")
APPLICATION = "attendance publication"

# The schemas as they are called while they are loaded, by the name that they will have.
Schemas: TypeAlias = Mapping[str, str]
FRESH: Schemas = {schema: f"{schema}{NEXT}" for schema in SCHEMAS}
# What makes roles and gives them rights on the fresh schemas: publishing.serving.rights.
Grant: TypeAlias = Callable[[psycopg.Cursor[Any], Schemas], None]
Progress: TypeAlias = Callable[[str], None]


class LoadError(PublishingError):
    """What arrived in PostgreSQL is not what the warehouse holds, or could not be loaded; nothing was published."""


@dataclass(frozen=True)
class Loaded:
    """What waits to be swapped in. Unit of ``seconds``, seconds.

    readers: who may enter each schema, by the name that it will have; until the swap, nobody may
    """

    tables: int
    rows: int
    seconds: float
    readers: Mapping[str, tuple[str, ...]]


def grant_nothing(_cursor: psycopg.Cursor[Any], _schemas: Schemas) -> None:
    """No role beside the owner reads anything."""


def load(
    server: Server,
    connection: psycopg.Connection,
    database: Path,
    tables: Sequence[Table],
    *,
    release: str,
    grant: Grant = grant_nothing,
    progress: Progress = lambda _line: None,
) -> Loaded:
    """Load the tables into fresh schemas, check them, give rights on them.

    ``connection`` holds the lock of publications. Raises LoadError where something does not arrive as it is.
    """
    started = time.monotonic()
    schemas = FRESH
    for schema, fresh in schemas.items():
        connection.execute(f"create schema {fresh}")
        connection.execute(f"comment on schema {fresh} is {text(comment_with(schema, release))}")
    with _source(database) as source, _stream(server) as stream:
        for table in tables:
            _fill(source, stream, connection, table, schemas)
            if table.rows >= TOLD:
                progress(f"  {table.label}: {table.rows:,} rows")
    progress("  comparing every row with the warehouse")
    with _source(database) as source:
        for table in tables:
            _check(source, connection, table, schemas)
    with connection.transaction(), connection.cursor() as cursor:
        grant(cursor, schemas)
        readers = {schema: close_to_readers(cursor, fresh) for schema, fresh in schemas.items()}
    # what is written once and read often: every page seen by all, so that an index alone can answer. Behind the rights,
    # which say of what no statistics may be kept
    connection.execute(f"vacuum (analyze) {', '.join(_place(table, schemas) for table in tables)}")
    return Loaded(len(tables), sum(table.rows for table in tables), time.monotonic() - started, readers)


@contextmanager
def _source(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(database), read_only=True) as source:
        yield source


@contextmanager
def _stream(server: Server) -> Iterator[Stream]:
    """A connection that takes Arrow; each table is a transaction."""
    address = make_conninfo(server.address, application_name=APPLICATION)
    stream = adbc_driver_postgresql.dbapi.connect(address)
    try:
        with stream.cursor() as cursor:
            cursor.execute("set statement_timeout = 0")
        stream.commit()
        yield stream
    finally:
        stream.close()


def _place(table: Table, schemas: Schemas) -> str:
    return f"{schemas[table.schema]}.{quoted(table.name)}"


def table_statements(table: Table, schemas: Schemas) -> tuple[str, list[str]]:
    """What makes the table, and what finishes it when it is full: key, indexes, descriptions."""
    place = _place(table, schemas)
    columns = ", ".join(f"{quoted(column.name)} {column.served_type}" for column in table.columns)
    # nobody writes to it: no vacuum has to come by, and none stands in the way of a swap
    make = f"create table {place} ({columns}) with (autovacuum_enabled = off)"
    finish = _indexes(table, place)
    if table.description:
        finish.append(f"comment on table {place} is {text(table.description)}")
    finish += [
        f"comment on column {place}.{quoted(column.name)} is {text(column.description)}"
        for column in table.columns
        if column.description
    ]
    return make, finish


def _indexes(table: Table, place: str) -> list[str]:
    """What makes the unique index on the grain, and one on each column by which people pick rows."""
    # Each index of a table of places begins with the place: a reader of one district finds its own rows by it, and no
    # plan tells of another's rows by a key (Relation.first_index_columns).
    first = PLACE_COLUMNS if all(table.has(column) for column in PLACE_COLUMNS) else ()
    made = []

    def index(name: str, columns: tuple[str, ...], unique: str = "", nulls: str = "") -> None:
        listed = ", ".join(map(quoted, columns))
        made.append(f"create {unique}index {quoted(f'{table.name}_{name}')} on {place} ({listed}){nulls}")

    if table.grain:
        # not a primary key: a grain may hold a null, which stands for itself
        rest = tuple(column for column in table.grain if column not in first)
        index("key", (*first, *rest), "unique ", " nulls not distinct")
    for column in INDEXED:
        if table.has(column) and column not in first and table.grain != (column,):
            index(column, (*first, column))
    return made


def _fill(
    source: duckdb.DuckDBPyConnection,
    stream: Stream,
    connection: psycopg.Connection,
    table: Table,
    schemas: Schemas,
) -> None:
    make, finish = table_statements(table, schemas)
    selected = ", ".join(quoted(column.name) for column in table.columns)
    rows = source.sql(f"select {selected} from {quoted(table.schema)}.{quoted(table.name)}").to_arrow_reader(BATCH)
    try:
        with stream.cursor() as cursor:
            cursor.execute(make)
            cursor.adbc_ingest(table.name, rows, mode="append", db_schema_name=schemas[table.schema])
        # made and filled in one transaction: PostgreSQL then need not log each row as well
        stream.commit()
        # not by ADBC: behind a load it begins a transaction that has begun, and the server's log fills with warnings
        with connection.transaction():
            for statement in finish:
                connection.execute(statement)
    except (adbc_driver_manager.Error, psycopg.Error) as error:
        raise LoadError(
            f"Nothing was published. {table.label} could not be loaded into PostgreSQL: {str(error).strip()}"
        ) from error


# ---- the same on both sides? ----


def _written(column: Column, *, duck: bool) -> str:
    """A value as text that is the same in both engines, null told apart from an empty text."""
    name = quoted(column.name)
    if column.type.startswith("TIMESTAMP"):
        value = f"epoch_us({name})" if duck else f"(extract(epoch from {name}) * 1000000)::bigint"
        return f"coalesce('=' || cast({value} as text), '-')"
    return f"coalesce('=' || cast({name} as text), '-')"


def checksum(columns: Sequence[Column], *, duck: bool) -> str:
    """An expression that adds up 60 bits of each row's MD5: the order of rows does not matter, their number does."""
    # the separator is no character that a text of ours holds
    row = " || chr(31) || ".join(_written(column, duck=duck) for column in columns)
    digits = f"substr(md5({row}), 1, 15)"
    number = f"cast('0x' || {digits} as bigint)" if duck else f"cast(cast('x' || {digits} as bit(60)) as bigint)"
    return f"cast(coalesce(sum({number}), 0) as text)"


def _check(source: duckdb.DuckDBPyConnection, connection: psycopg.Connection, table: Table, schemas: Schemas) -> None:
    """LoadError where the table is not the same in both; it says by how many rows, or in which columns."""
    here = f"{quoted(table.schema)}.{quoted(table.name)}"
    there = _place(table, schemas)

    def both(columns: Sequence[Column]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        ours = source.execute(f"select count(*), {checksum(columns, duck=True)} from {here}").fetchone()
        theirs = connection.execute(f"select count(*), {checksum(columns, duck=False)} from {there}").fetchone()
        return ours or (), theirs or ()

    ours, theirs = both(table.columns)
    if ours == theirs:
        return
    if ours[0] != theirs[0]:
        how = f"{ours[0]:,} rows in the warehouse, {theirs[0]:,} in PostgreSQL"
    else:
        apart = [column.name for column in table.columns if len(set(both([column]))) > 1]
        how = f"as many rows, but other values in {', '.join(apart) or 'which value stands beside which'}"
    raise LoadError(
        f"Nothing was published. {table.label} is not the same in PostgreSQL as in the warehouse: {how}. Publish "
        "again; if it stays so, the load itself is at fault: compare the column's values on both sides."
    )
