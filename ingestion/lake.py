"""The lake: one Parquet file per source, file, sender and period, and the lists of rejected rows beside it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb

from attendance.settings import Settings
from ingestion.contract import Contract, read_contracts, school_year_of
from ingestion.durable import only_one, private_folder, put_in_place, remove_temporary, temporary_name
from ingestion.ledger import Record
from ingestion.pseudonym import look_up_keys
from ingestion.records import name_literal, path_literal, text_literal
from ingestion.rows import count, in_period, period_start, rows_by_period

# the quickest level: the next one costs a twentieth of the load and saves next to nothing
PARQUET = "format parquet, compression zstd, compression_level 1"
MANY = 100_000  # rows from which on it is quicker to ask whether a column is blank than to write it as any other

log = logging.getLogger(__name__)

REJECT_COLUMNS = {
    "delivery_id": "VARCHAR",
    "sender": "VARCHAR",
    "source": "VARCHAR",
    "file": "VARCHAR",
    "line": "BIGINT",
    "column_name": "VARCHAR",
    "reason": "VARCHAR",
    "value": "VARCHAR",
    "is_rejected": "BOOLEAN",
}


def lake_folder(settings: Settings, contract: Contract, sender: str) -> Path:
    """Where the sender's periods of a file lie."""
    return settings.lake / contract.source / contract.file / sender


def copy_to(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write a query's rows as zstd Parquet, whole or not at all; returns how many rows were written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        rows = count(
            connection,
            f"copy ({query}) to {path_literal(temporary)} ({PARQUET}, use_tmp_file false)",
        )
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return rows


def write_periods(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract, record: Record, periods: list[str]
) -> int:
    """Write each period's rows of table ``typed`` over what the lake has of it; returns how many rows were written.

    A period without rows becomes a file without rows: nothing happened in it, and an earlier delivery's rows go.
    Rows stand in the order of their lines, so the same delivery always makes the same bytes.
    """
    folder = lake_folder(settings, contract, record.sender)
    folder.mkdir(parents=True, exist_ok=True)
    remove_temporary(folder)
    selected, joins = [], []
    filled = _filled(connection, contract)
    for place, column in enumerate(contract.kept().values()):
        name = name_literal(column.name)
        if not filled[column.name]:
            selected.append(f"null::{column.lake_type} as {name}")
        elif column.pseudonym is None:
            selected.append(f"typed.{name}")
        else:
            keys = look_up_keys(connection, column, record.sender)
            selected.append(f"key_{place}.key as {name}")
            joins.append(f"left join {keys} as key_{place} on key_{place}.clear = typed.{name}")
    own = "school_year" in {column.name for column in contract.kept().values()}

    def write(period: str) -> int:
        year = school_year_of(period_start(contract, period))
        told = [
            f"{_constant(record.sender)} as sender",
            *([] if own else [f"{_constant(year)} as school_year"]),
            f"{_constant(record.delivery_id)} as delivery_id",
        ]
        with connection.cursor() as cursor:
            return copy_to(
                cursor,
                f"""
                select {", ".join([*selected, *told])}
                from typed {" ".join(joins)}
                where {in_period(contract, period)}
                """,
                folder / f"{period}.parquet",
            )

    with _one_thread_each(connection) as threads:
        if threads == 1:
            return sum(map(write, periods))
        rows = rows_by_period(connection, contract, periods)
        with ThreadPoolExecutor(threads) as pool:
            # the longest first, so that no thread is left with a long one at the end
            return sum(pool.map(write, sorted(periods, key=lambda period: -rows[period])))


def _constant(value: str) -> str:
    """SQL of a text that each row of a file has. As an enumeration of one it is not looked up again for each row."""
    return f"{text_literal(value)}::enum({text_literal(value)})"


def _filled(connection: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, bool]:
    """Which columns are to be read, by their names in the lake: of many rows, those that hold any value at all."""
    names = [column.name for column in contract.kept().values()]
    if count(connection, "select count(*) from judged") < MANY:
        return dict.fromkeys(names, True)
    # the search ends at a column's first value, and a column without any is told by the table's own statistics
    anywhere = ", ".join(f"exists (select 1 from typed where {name_literal(name)} is not null)" for name in names)
    found = connection.execute(f"select {anywhere}")
    return dict(zip(names, found.fetchone() or (), strict=True))


@contextmanager
def _one_thread_each(connection: duckdb.DuckDBPyConnection) -> Iterator[int]:
    """Let each query run in one thread, so that rows keep their order and a file is cut into the same groups each time.

    Gives the number of threads that there are, for as many queries at once.
    """
    threads = count(connection, "select current_setting('threads')")
    if threads > 1:
        connection.execute("set threads = 1")
    try:
        yield threads
    finally:
        if threads > 1:
            connection.execute(f"set threads = {threads}")


def write_rejects(connection: duckdb.DuckDBPyConnection, settings: Settings, record: Record) -> bool:
    """Write the delivery's list of broken rules and remarks, in the order of its lines; returns whether it has any.

    Without any, no file.
    """
    folder = private_folder(settings.rejects) / record.sender
    folder.mkdir(exist_ok=True)
    remove_temporary(folder)
    path = folder / f"{record.delivery_id}.parquet"
    if count(connection, "select count(*) from faults") == 0:
        path.unlink(missing_ok=True)
        return False
    copy_to(
        connection,
        f"""
        select {text_literal(record.delivery_id)} as delivery_id, {text_literal(record.sender)} as sender,
               {text_literal(record.source)} as source, {text_literal(record.file or "")} as file,
               line, column_name, reason, value, is_rejected
        from faults order by line, place
        """,
        path,
    )
    return True


def rows_of(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """How many rows a Parquet file of the lake holds; 0 where there is none, or where it cannot be read any more."""
    if not path.exists():
        return 0
    try:
        return count(connection, f"select num_rows from parquet_file_metadata({path_literal(path)})")
    except duckdb.InvalidInputException:
        log.warning("%s cannot be read any more and is written anew", path)
        return 0


def write_empty(connection: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract) -> None:
    """Write the file's ``empty.parquet``: all columns, typed, no rows, so that a glob over the file never fails."""
    columns = contract.lake_columns()
    select = ", ".join(f"null::{kind} as {name_literal(name)}" for name, kind in columns.items())
    copy_to(
        connection,
        f"select {select} where false",
        settings.lake / contract.source / contract.file / "empty.parquet",
    )


def prepare_lake(settings: Settings, contracts: tuple[Contract, ...] | None = None) -> None:
    """Write every contract's ``empty.parquet``."""
    with only_one(settings.home / "locks", "lake"), duckdb.connect() as connection:
        for contract in read_contracts() if contracts is None else contracts:
            folder = settings.lake / contract.source / contract.file
            folder.mkdir(parents=True, exist_ok=True)
            remove_temporary(folder)
            write_empty(connection, settings, contract)
