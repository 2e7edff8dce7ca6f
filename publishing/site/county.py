"""What all pages share: the county and its places, the school years with figures, the rule, who has submitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from publishing import open_data
from publishing.open_data import OpenDataError, Row


@dataclass(frozen=True)
class Place:
    """Whom a page is about: the county, a district or a school; ``cds_code`` has 14 digits.

    district: the CDS code of a school's district
    """

    level: str
    cds_code: str
    name: str
    district: str = ""


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
class County:
    """The county, its districts and schools by name, the school years with figures (latest first).

    submissions: by CDS code and school year
    """

    place: Place
    districts: tuple[Place, ...]
    schools: tuple[Place, ...]
    school_years: tuple[str, ...]
    definition: Definition
    submissions: Mapping[tuple[str, str], Submission]
    is_simulated: bool

    @property
    def latest(self) -> str:
        """The latest school year with figures."""
        return self.school_years[0]

    def places(self, for_each: str) -> tuple[Place, ...]:
        """The places that a dashboard has a page for."""
        match for_each:
            case "district":
                return self.districts
            case "school":
                return self.schools
            case _:
                return (self.place,)


def _one(rows: Sequence[Row], what: str) -> Row:
    if not rows:
        raise OpenDataError(f"{what}. Build the warehouse again: attendance build")
    return rows[0]


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


def read_county(connection: duckdb.DuckDBPyConnection) -> County:
    """The county as ``open_data`` has it; OpenDataError where it has none, or no school year with figures."""
    entities = open_data.rows(
        connection,
        "select entity_level, cds_code, entity_name, district_cds_code from open_data.entities "
        "order by entity_level, entity_name, cds_code",
        {},
    )
    places = [
        Place(row["entity_level"], row["cds_code"], row["entity_name"], row["district_cds_code"] or "")
        for row in entities
    ]
    years = open_data.rows(
        connection,
        "select distinct school_year from open_data.chronic_absence where entity_level = 'county' "
        "and reporting_category = 'TA' and chronic_rate is not null order by school_year desc",
        {},
    )
    about = _one(
        open_data.rows(connection, "select is_simulated from open_data.about", {}), "open_data.about has no row"
    )
    rule = _one(
        open_data.rows(
            connection,
            "select minimum_days_expected, threshold_percent, description, source from open_data.definitions "
            "where definition = 'cde'",
            {},
        ),
        "open_data.definitions has no row for the definition cde",
    )
    counties = [place for place in places if place.level == "county"]
    if not counties:
        raise OpenDataError("open_data.entities has no county. Build the warehouse again: attendance build")
    _one(years, "open_data.chronic_absence has no school year with a rate for the county")
    return County(
        place=counties[0],
        districts=tuple(place for place in places if place.level == "district"),
        schools=tuple(place for place in places if place.level == "school"),
        school_years=tuple(row["school_year"] for row in years),
        definition=Definition(
            rule["minimum_days_expected"], rule["threshold_percent"], rule["description"], rule["source"]
        ),
        submissions=_submissions(connection),
        is_simulated=bool(about["is_simulated"]),
    )
