"""What all pages share: the county and its places, and beside them the rule, and who has submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from publishing import open_data
from publishing.county import County, read_county
from publishing.open_data import OpenDataError


@dataclass(frozen=True)
class Submission:
    """How much of a place has sent attendance, and through which days it is complete; days are null where none is."""

    enrolling: int
    submitted: int
    first: date | None
    last: date | None


@dataclass(frozen=True)
class Definition:
    """The published definition of chronic absence: days, percent, words, source."""

    minimum_days: int
    threshold_percent: int
    description: str
    source: str


@dataclass(frozen=True)
class ShownCounty(County):
    """The county, with what pages say of its figures.

    submissions: by CDS code and school year
    """

    definition: Definition
    submissions: Mapping[tuple[str, str], Submission]


def _submissions(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Submission]:
    rows = open_data.rows(
        connection,
        "select cds_code, school_year, schools_enrolling, schools_submitted, complete_through, "
        "latest_complete_through from open_data.submissions",
        {},
    )
    return {
        (row["cds_code"], row["school_year"]): Submission(
            row["schools_enrolling"], row["schools_submitted"], row["complete_through"], row["latest_complete_through"]
        )
        for row in rows
    }


def read_shown_county(connection: duckdb.DuckDBPyConnection) -> ShownCounty:
    """The county as ``open_data`` has it; OpenDataError where it has none, no year with figures or no definition."""
    rules = open_data.rows(
        connection,
        "select minimum_days_expected, threshold_percent, description, source from open_data.definitions "
        "where definition = 'cde'",
        {},
    )
    if not rules:
        raise OpenDataError(
            "open_data.definitions has no row for the definition cde. Build the warehouse again: attendance build"
        )
    rule = rules[0]
    return ShownCounty(
        **vars(read_county(connection)),
        definition=Definition(
            rule["minimum_days_expected"], rule["threshold_percent"], rule["description"], rule["source"]
        ),
        submissions=_submissions(connection),
    )
