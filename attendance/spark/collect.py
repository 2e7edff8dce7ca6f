"""Bring what people read from Spark into one DuckDB file: the file that a build on DuckDB would have written.

Spark's tables are Parquet, which DuckDB reads where they lie: a folder that this machine shares with the cluster, or an
object store. Whoever reads the warehouse behind this (the site, queries, a comparison) does not see which engine built.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from attendance.errors import MendableError
from attendance.settings import Settings
from attendance.spark.cluster import Server

# What is brought: marts and open data for readers, and the seeds that say what their codes mean.
SCHEMAS = ("reference", "marts", "open_data")
# As in the profile of dbt: readable by DuckDB clients from 1.4 on.
STORAGE_VERSION = "v1.4.0"
SECONDS_TO_ANSWER = 600


class CollectError(MendableError):
    """What Spark built cannot be read from here; the message says where it lies and what to do."""


@contextmanager
def cursor(server: Server) -> Iterator[Any]:
    """A cursor on the Thrift server; CollectError where it does not answer."""
    # an extra: only those have it who build on Spark
    from pyhive import hive  # noqa: PLC0415
    from thrift.transport.TTransport import TTransportException  # noqa: PLC0415

    try:
        connection = hive.connect(host=server.host, port=server.port, username="attendance")
    except TTransportException as error:
        raise CollectError(
            f"Spark's Thrift server does not answer at {server.host}:{server.port}. Start it, or unset "
            "ATTENDANCE_SPARK to build on a cluster on this machine."
        ) from error
    try:
        yield connection.cursor()
    finally:
        connection.close()


def as_read_here(location: str) -> str:
    """Spark's address of a folder as DuckDB writes it: a path, or ``s3://``; CollectError for anything else."""
    scheme, separator, rest = location.partition(":")
    if not separator or location.startswith("/"):
        return location
    if scheme == "file":
        return re.sub("^/*", "/", rest)
    if scheme in {"s3", "s3a", "s3n"}:
        return f"s3:{rest}"
    raise CollectError(
        f"Spark keeps the warehouse at {location}, which DuckDB cannot read. Let spark.sql.warehouse.dir be a folder "
        "that this machine shares with the cluster, or an S3 bucket."
    )


def _tables(server: Server) -> dict[str, str]:
    """By ``schema.table``, the folder with its Parquet files."""
    found: dict[str, str] = {}
    with cursor(server) as spark:
        for schema in SCHEMAS:
            spark.execute(f"describe schema {schema}")
            told = dict(spark.fetchall())
            spark.execute(f"show tables in {schema}")
            folder = as_read_here(told["Location"])
            found |= {f"{schema}.{row[1]}": f"{folder}/{row[1]}" for row in spark.fetchall()}
    return found


def collect(settings: Settings, progress: Callable[[str], None] = lambda _line: None) -> int:
    """Write ``settings.building`` from the tables at ``settings.spark``; returns how many.

    Raises CollectError where they cannot be read; then there is no file.
    """
    tables = _tables(Server.of(settings.spark))
    if not tables:
        raise CollectError("Spark has no tables to bring. Build first: attendance build --target spark")
    settings.building.unlink(missing_ok=True)
    settings.building.parent.mkdir(parents=True, exist_ok=True)
    # under another name until it is whole: a killed build leaves nothing that could be published
    unfinished = settings.building.with_name(f"{settings.building.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    rows = 0
    with duckdb.connect() as connection:
        connection.execute(f"attach '{_quoted(str(unfinished))}' as attendance (storage_version '{STORAGE_VERSION}')")
        for schema in SCHEMAS:
            connection.execute(f"create schema attendance.{schema}")
        for name, folder in sorted(tables.items()):
            try:
                (made,) = connection.execute(
                    f"create table attendance.{name} as select * from read_parquet('{_quoted(folder)}/*.parquet')"
                ).fetchone() or (0,)
            except duckdb.Error as error:
                raise CollectError(
                    f"{name} cannot be read at {folder} ({error}). The cluster's warehouse must lie where this machine "
                    "reads it: set spark.sql.warehouse.dir, or mount it here under the same path."
                ) from error
            rows += made
        connection.execute("checkpoint attendance")
        connection.execute("detach attendance")
    unfinished.replace(settings.building)
    progress(f"Brought {len(tables)} tables, {rows:,} rows, from Spark into {settings.building}")
    return len(tables)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
