"""What the dashboards in Metabase need of the data beforehand: which years and places there are, and which values.

Read from the files of the audiences, each of which holds the very rows that its role sees: what is written into a
district's dashboard is what that district may read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from attendance.settings import Settings
from publishing import open_data
from publishing.county import County, read_county
from publishing.definition import Filter, Text, Values
from publishing.metabase.transport import MetabaseError
from publishing.serving.copies import COUNTY, PUBLIC


@dataclass
class Figures(AbstractContextManager["Figures"]):
    """The files of the audiences, opened when they are asked; to be used as a context."""

    folder: Path
    _open: dict[str, duckdb.DuckDBPyConnection] = field(default_factory=dict, repr=False)
    _types: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close every file."""
        for connection in self._open.values():
            connection.close()

    def rows(self, audience: str, sql: str, values: Mapping[str, object]) -> list[dict[str, Any]]:
        """What a query gives to an audience; DuckDB's own error where the audience has no such table."""
        connection = self._connection(audience)
        bound = {name: values[name] for name in open_data.parse(sql).parameters}
        cursor = connection.execute(sql, bound or None)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def types(self, sql: str) -> dict[str, str]:
        """The columns that a query returns, in order, each with its type; whoever may read it."""
        if sql not in self._types:
            # a decimal stays one: the parameters are texts, and a text may be null
            parameters = dict.fromkeys(open_data.parse(sql).parameters)
            cursor = self._connection(COUNTY).execute(f"select * from ({sql}\n) limit 0", parameters or None)
            self._types[sql] = {column[0]: re.sub(r"\(.*\)", "", str(column[1])) for column in cursor.description or ()}
        return self._types[sql]

    def county(self) -> County:
        """Who there is, as everybody may know; OpenDataError where there is no county or no year with figures."""
        return read_county(self._connection(PUBLIC))

    def _connection(self, audience: str) -> duckdb.DuckDBPyConnection:
        if audience not in self._open:
            path = self.folder / f"{audience}.duckdb"
            if not path.is_file():
                raise MetabaseError(
                    f"{path} is not there: the rows that {audience} may read. Publish first, with PostgreSQL: "
                    "attendance publish"
                )
            self._open[audience] = duckdb.connect(str(path), read_only=True)
        return self._open[audience]


def open_figures(settings: Settings) -> Figures:
    """The files of the audiences as they are published; MetabaseError where nothing is."""
    if not settings.copies.exists():
        raise MetabaseError(
            "Nothing is published that Metabase could show: it reads PostgreSQL. Run attendance publish first, and not "
            "with ATTENDANCE_POSTGRES=off."
        )
    return Figures(settings.copies.resolve())


def values_of(
    filter_: Filter, figures: Figures, audience: str, values: Mapping[str, object], say: Callable[[Text], str]
) -> list[tuple[str, str]]:
    """What may be chosen in a filter of a page, each with its word: from its list, or from its query."""
    if not isinstance(filter_.values, Values):
        return [(choice.value, say(choice.label)) for choice in filter_.values]
    rows = figures.rows(audience, filter_.values.sql, values)
    return [(str(row["value"]), str(row.get("label", row["value"]))) for row in rows]
