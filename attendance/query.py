"""Answer a query on the published warehouse, read-only: a table for the eye, csv or json for a program."""

from __future__ import annotations

import csv
import json
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from attendance.errors import MendableError

NUMBERS = (int, float, Decimal)


class QueryError(MendableError):
    """The query cannot be answered; the message says why and what to do."""


def answer(warehouse: Path, sql: str, output: str, limit: int) -> None:
    """Print the answer of ``sql``; raises QueryError where there is no warehouse or the query is wrong."""
    if not warehouse.exists():
        raise QueryError(f"There is no warehouse yet at {warehouse}. Build one: make run")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        try:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or []]
            if output == "table":
                rows = cursor.fetchmany(limit + 1)
                _print_table(names, rows, limit)
            elif output == "csv":
                writer = csv.writer(sys.stdout, lineterminator="\n")
                writer.writerow(names)
                while chunk := cursor.fetchmany(10_000):
                    writer.writerows(chunk)
            else:
                rows = cursor.fetchall()
                json.dump([dict(zip(names, row, strict=True)) for row in rows], sys.stdout, default=_plain, indent=1)
                sys.stdout.write("\n")
        except duckdb.Error as error:
            raise QueryError(f'{error}\n\nTables: attendance query "show all tables"') from error


def _plain(value: object) -> object:
    """Dates as ISO 8601, decimals as numbers."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def _print_table(names: list[str], rows: list[tuple[object, ...]], limit: int) -> None:
    shown = rows[:limit]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, name in enumerate(names):
        numeric = any(isinstance(row[index], NUMBERS) for row in shown)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in shown:
        table.add_row(*("" if value is None else str(value) for value in row))
    # A wide answer is wider than a terminal rather than cut: less -S reads it.
    console = Console(width=None if sys.stdout.isatty() else 400, highlight=False)
    console.print(table)
    if len(rows) > limit:
        console.print(f"The first {limit:,} rows. More with --limit N, all with --format csv or json.", style="dim")
    else:
        console.print(f"{len(shown):,} {'row' if len(shown) == 1 else 'rows'}", style="dim")
