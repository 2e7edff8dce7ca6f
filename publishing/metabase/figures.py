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
from publishing.definition import Filter, Text, Values
from publishing.metabase.transport import MetabaseError
from publishing.serving.copies import COUNTY, PUBLIC


@dataclass(frozen=True)
class Place:
    """The county, a district or a school of ``open_data.entities``; ``district`` is the code of a school's district."""

    cds_code: str
    name: str
    district: str | None = None

    @property
    def district_code(self) -> str:
        """The five digits of the district."""
        return self.cds_code[2:7]


@dataclass(frozen=True)
class Places:
    """Who there is, each by name; the school years with figures, latest first."""

    county: Place
    districts: tuple[Place, ...]
    schools: tuple[Place, ...]
    school_years: tuple[str, ...]
    is_simulated: bool

    def schools_of(self, district: Place) -> tuple[Place, ...]:
        """The schools of a district, by name."""
        return tuple(school for school in self.schools if school.district == district.cds_code)


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

    def places(self) -> Places:
        """Who there is, as everybody may know; MetabaseError where the data have no county or no year with figures."""
        entities = self.rows(
            PUBLIC,
            "select entity_level, cds_code, entity_name, district_cds_code from open_data.entities "
            "order by entity_name, cds_code",
            {},
        )
        years = self.rows(
            PUBLIC,
            "select distinct school_year from open_data.chronic_absence where entity_level = 'county' "
            "and reporting_category = 'TA' and chronic_rate is not null order by school_year desc nulls last",
            {},
        )
        about = self.rows(PUBLIC, "select is_simulated from open_data.about", {})

        def of(level: str) -> tuple[Place, ...]:
            return tuple(
                Place(row["cds_code"], row["entity_name"], row["district_cds_code"])
                for row in entities
                if row["entity_level"] == level
            )

        if not of("county") or not years or not about:
            raise MetabaseError(
                "What is published has no county, or no school year with figures. Build and publish it."
            )
        return Places(
            of("county")[0],
            of("district"),
            of("school"),
            tuple(row["school_year"] for row in years),
            bool(about[0]["is_simulated"]),
        )

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
