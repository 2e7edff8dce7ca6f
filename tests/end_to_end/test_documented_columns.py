"""The built warehouse beside its documentation: every column of every table stands in a yml, and no other."""

from __future__ import annotations

import duckdb

from attendance.project import read_project
from attendance.settings import PROJECT
from tests.end_to_end.conftest import County


def columns_of(county: County) -> dict[tuple[str, str], set[str]]:
    """The columns of every table and view of the published warehouse."""
    with duckdb.connect(str(county.settings.warehouse), read_only=True) as connection:
        rows = connection.execute("select table_schema, table_name, column_name from information_schema.columns")
        found: dict[tuple[str, str], set[str]] = {}
        for schema, table, column in rows.fetchall():
            found.setdefault((schema, table), set()).add(column)
    return found


def test_every_column_of_the_warehouse_is_documented_and_no_other(county: County) -> None:
    built = columns_of(county)
    documented = {
        (table.schema, table.table): {column.name for column in table.columns}
        for table in read_project(PROJECT / "dbt_project").tables.values()
    }
    assert len(built) > 150
    assert set(built) - set(documented) == set(), "built and not described"
    assert set(documented) - set(built) == set(), "described and not built"
    wrong = {
        ".".join(name): {"not documented": built[name] - columns, "not there": columns - built[name]}
        for name, columns in documented.items()
        if built[name] != columns
    }
    assert wrong == {}
