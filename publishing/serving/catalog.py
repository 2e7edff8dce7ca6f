"""What a built warehouse offers to people: its tables as they are, with what the dbt project says of them.

Types come from the file, descriptions and grain from the project's own files. A table in one of the two and not in the
other means that the project has changed since the file was built.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from attendance.project import read_project
from publishing.errors import PublishingError

# The schemas that people read, in the order in which they are loaded.
SCHEMAS = ("marts", "open_data")
# What a DuckDB type is in PostgreSQL. Others round differently there, or have no equal: a mart does without them.
TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}
DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


class CatalogError(PublishingError):
    """A table cannot be served as it is; the message names it and says what to do."""


@dataclass(frozen=True)
class Column:
    """A column: its type in DuckDB, its type in PostgreSQL, and what it is."""

    name: str
    type: str
    served_type: str
    description: str


@dataclass(frozen=True)
class Table:
    """A table that people read.

    grain: the columns of which a row is one combination; may_be_empty: whether one of them is null somewhere
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    grain: tuple[str, ...]
    description: str
    rows: int

    @property
    def label(self) -> str:
        """As a query names it."""
        return f"{self.schema}.{self.name}"

    def has(self, column: str) -> bool:
        """Whether there is a column of that name."""
        return any(one.name == column for one in self.columns)


def quoted(name: str) -> str:
    """A name as both engines take it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as both engines take it."""
    return "'" + value.replace("'", "''") + "'"


def served_type(label: str, column: str, type_: str) -> str:
    """The type in PostgreSQL; CatalogError for one that would not arrive as it is."""
    if found := DECIMAL.fullmatch(type_):
        return f"numeric({found[1]},{found[2]})"
    if type_ not in TYPES:
        raise CatalogError(
            f"{label}.{column} is {type_}, which cannot be served exactly. Cast it in the model: string, boolean, "
            "integer, bigint, decimal(p, s), date or timestamp."
        )
    return TYPES[type_]


def read_tables(database: Path, project: Path) -> tuple[Table, ...]:
    """Every table of ``SCHEMAS`` in the built file, by name.

    Raises CatalogError where the project does not describe it, its grain is not among its columns, or a column has a
    type that PostgreSQL does not have.
    """
    described = read_project(project).by_label
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where database_name = current_database() and list_contains(?, schema_name) "
            "order by schema_name, table_name, column_index",
            [list(SCHEMAS)],
        ).fetchall()
        by_label: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for schema, name, column, type_ in found:
            by_label.setdefault((schema, name), []).append((column, type_))
        tables = []
        for (schema, name), columns in by_label.items():
            label = f"{schema}.{name}"
            if (table := described.get(label)) is None:
                raise CatalogError(
                    f"{label} is in {database}, and no file of {project / 'models'} describes it. Describe it, or "
                    "build again if it was taken out: attendance build"
                )
            grain = tuple(part.strip() for part in table.grain.split(",") if part.strip())
            if strange := [part for part in grain if part not in dict(columns)]:
                raise CatalogError(
                    f"The grain of {label} names {', '.join(strange)}, which is no column of it. Mend "
                    f"config.meta.grain in {table.file.name}."
                )
            says = {column.name: column.description for column in table.columns}
            (rows,) = connection.execute(f"select count(*) from {quoted(schema)}.{quoted(name)}").fetchone() or (0,)
            tables.append(
                Table(
                    schema,
                    name,
                    tuple(
                        Column(column, type_, served_type(label, column, type_), says.get(column, ""))
                        for column, type_ in columns
                    ),
                    grain,
                    table.description,
                    rows,
                )
            )
    return tuple(tables)
