"""What a role sees on the server beside what stands in the file for its audience."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import psycopg

from publishing.serving.catalog import Table
from publishing.serving.load import checksum


def differences(path: Path, connection: psycopg.Connection, tables: Sequence[Table]) -> list[str]:
    """Each table of which the session of a role sees other rows than the file has; one it may not see has no place."""
    wrong = []
    with duckdb.connect(str(path), read_only=True) as file:
        held = {
            f"{schema}.{name}"
            for schema, name in file.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        }
        for table in tables:
            # the rows all together, whatever their order
            sql = f"select count(*), {{}} from {table.label}"
            there = (
                file.execute(sql.format(checksum(table.columns, duck=True))).fetchone() if table.label in held else None
            )
            try:
                seen = connection.execute(sql.format(checksum(table.columns, duck=False))).fetchone()
            except psycopg.errors.InsufficientPrivilege:
                seen = None
            if seen != there:
                wrong.append(f"{table.label}: the role sees {seen}, the file has {there}")
    return wrong
