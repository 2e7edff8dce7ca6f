"""Who there is, as everybody may know: the county, its districts and schools, the school years with figures."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from publishing import open_data
from publishing.open_data import OpenDataError


@dataclass(frozen=True)
class Place:
    """The county, a district or a school; ``cds_code`` has 14 digits.

    district: the CDS code of a school's district
    """

    level: str
    cds_code: str
    name: str
    district: str = ""

    @property
    def district_code(self) -> str:
        """The five digits of the district."""
        return self.cds_code[2:7]


@dataclass(frozen=True)
class County:
    """The county, its districts and schools by name, the school years with figures, latest first."""

    place: Place
    districts: tuple[Place, ...]
    schools: tuple[Place, ...]
    school_years: tuple[str, ...]
    is_simulated: bool

    @property
    def latest(self) -> str:
        """The latest school year with figures."""
        return self.school_years[0]

    def places(self, for_each: str) -> tuple[Place, ...]:
        """The places that a dashboard is made for."""
        match for_each:
            case "district":
                return self.districts
            case "school":
                return self.schools
            case _:
                return (self.place,)

    def schools_of(self, district: Place) -> tuple[Place, ...]:
        """The schools of a district, by name."""
        return tuple(school for school in self.schools if school.district == district.cds_code)


def read_county(connection: duckdb.DuckDBPyConnection) -> County:
    """The county as ``open_data`` has it; OpenDataError where it has none, or no school year with figures."""
    entities = open_data.rows(
        connection,
        "select entity_level, cds_code, entity_name, district_cds_code from open_data.entities "
        "order by entity_name, cds_code",
        {},
    )
    years = open_data.rows(
        connection,
        "select distinct school_year from open_data.chronic_absence where entity_level = 'county' "
        "and reporting_category = 'TA' and chronic_rate is not null order by school_year desc",
        {},
    )
    about = open_data.rows(connection, "select is_simulated from open_data.about", {})

    def of(level: str) -> tuple[Place, ...]:
        return tuple(
            Place(level, row["cds_code"], row["entity_name"], row["district_cds_code"] or "")
            for row in entities
            if row["entity_level"] == level
        )

    counties = of("county")
    for found, what in (
        (counties, "entities has no county"),
        (years, "chronic_absence has no school year with a rate for the county"),
        (about, "about has no row"),
    ):
        if not found:
            raise OpenDataError(f"open_data.{what}. Build the warehouse again: attendance build")
    return County(
        counties[0],
        of("district"),
        of("school"),
        tuple(row["school_year"] for row in years),
        bool(about[0]["is_simulated"]),
    )
