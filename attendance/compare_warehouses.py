"""Set two warehouse files side by side, every table that people read, row by row: is it the same county?

Only counts are told, never a row: it may be a student's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from attendance.compare import CompareError

SCHEMAS = ("marts", "open_data")
# Numbers that are not exact are equal within 1e-9.
DIGITS = 9


@dataclass(frozen=True)
class TableComparison:
    """A table in both warehouses.

    rows, other_rows:   how many; None where the table is missing
    only, only_other:   rows that the other does not have, counted as often as they stand
    columns:            names and types that differ, in words; rows are then not compared
    """

    name: str
    rows: int | None
    other_rows: int | None
    only: int = 0
    only_other: int = 0
    columns: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether both have the same columns, types and rows."""
        return (
            self.rows == self.other_rows
            and self.rows is not None
            and not (self.only or self.only_other or self.columns)
        )


def _columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    """By ``schema.table``, the type of each column."""
    found: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where database_name = ? and list_contains(?, schema_name) order by all",
        [database, list(SCHEMAS)],
    ).fetchall():
        found.setdefault(f"{schema}.{table}", {})[column] = kind
    return found


def _compared(columns: dict[str, str]) -> str:
    """The columns as they are compared: numbers that are not exact within 1e-9."""
    return ", ".join(
        f'round("{name}", {DIGITS})' if kind in {"DOUBLE", "FLOAT"} else f'"{name}"' for name, kind in columns.items()
    )


def _differing(ours: dict[str, str], theirs: dict[str, str]) -> tuple[str, ...]:
    return tuple(
        f"{name}: {ours.get(name, 'missing')} and {theirs.get(name, 'missing')}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    )


def compare_warehouses(one: Path, other: Path) -> list[TableComparison]:
    """Compare every table of marts and open data; raises CompareError where a file is missing."""
    for path in (one, other):
        if not path.is_file():
            raise CompareError(f"There is no warehouse at {path}. Build one: attendance build")
    with duckdb.connect() as connection:
        for name, path in (("one", one), ("other", other)):
            quoted = str(path).replace("'", "''")
            connection.execute(f"attach '{quoted}' as {name} (read_only)")
        ours, theirs = _columns(connection, "one"), _columns(connection, "other")
        return [
            _table(connection, name, ours.get(name), theirs.get(name)) for name in sorted(ours.keys() | theirs.keys())
        ]


def _table(
    connection: duckdb.DuckDBPyConnection, name: str, ours: dict[str, str] | None, theirs: dict[str, str] | None
) -> TableComparison:
    def count(query: str) -> int:
        return int(connection.execute(f"select count(*) from ({query})").fetchall()[0][0])

    rows = None if ours is None else count(f"from one.{name}")
    other_rows = None if theirs is None else count(f"from other.{name}")
    if ours is None or theirs is None:
        return TableComparison(name, rows, other_rows)
    if differing := _differing(ours, theirs):
        return TableComparison(name, rows, other_rows, columns=differing)
    selected = _compared(ours)
    first, second = f"select {selected} from one.{name}", f"select {selected} from other.{name}"
    return TableComparison(
        name,
        rows,
        other_rows,
        only=count(f"{first} except all {second}"),
        only_other=count(f"{second} except all {first}"),
    )


def print_warehouses(tables: list[TableComparison], names: tuple[str, str], console: Console) -> bool:
    """Print one line per table; returns whether all are equal."""
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    shown.add_column("table", no_wrap=True)
    for heading in (f"rows\n{names[0]}", f"rows\n{names[1]}", f"only\n{names[0]}", f"only\n{names[1]}"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("", min_width=10)
    for table in tables:
        shown.add_row(
            table.name,
            *("none" if rows is None else f"{rows:,}" for rows in (table.rows, table.other_rows)),
            f"{table.only:,}" if table.only else "",
            f"{table.only_other:,}" if table.only_other else "",
            "equal" if table.is_equal else "; ".join(table.columns) or "<- differs",
        )
    console.print(shown)
    equal = sum(table.is_equal for table in tables)
    rows = sum(table.rows or 0 for table in tables)
    console.print(f"{equal} of {len(tables)} tables equal, row by row ({rows:,} rows).")
    return equal == len(tables)
