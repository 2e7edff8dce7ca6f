"""The state's directory of schools (pubschls) with the invented ones: where they are, which grades, open or closed.

The county is nowhere: it lies in the open Pacific, west of the Channel Islands, where no school is, some 60 by 40
kilometers. Districts keep apart; a district's schools lie around its middle, the first ones nearest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, radians, sin, sqrt
from pathlib import Path

from ingestion.registry import Lea, Registry, School
from simulation.arrays import texts
from simulation.places import (
    ALDER,
    BIRCH,
    CEDAR,
    DOGWOOD,
    ELM,
    FIR,
    GINKGO,
    HAZEL,
    HOURLY,
    IRONWOOD,
    JUNIPER,
    Place,
)
from simulation.text import Written, write_tab
from simulation.words import CITIES, ZIP_CODES

# The south-western corner, and kilometers in a degree of latitude.
SOUTH, WEST, KILOMETERS = 33.0, -121.5, 111.2
# Each school a golden angle on from the one before, and farther out.
GOLDEN, APART = pi * (3 - sqrt(5)), 1.3
NO_DATA = "No Data"


@dataclass(frozen=True)
class Site:
    """Where a district is: kilometers east and north of the corner, and the position of its ZIP code."""

    east: float
    north: float
    zip_code: int

    @property
    def city(self) -> str:
        """The last two ZIP codes are of one city."""
        return CITIES[min(self.zip_code, len(CITIES) - 1)]


SITES = {
    ALDER: Site(30, 20, 0),
    BIRCH: Site(14, 27, 1),
    HAZEL: Site(5, 35, 1),
    CEDAR: Site(46, 28, 2),
    GINKGO: Site(37, 36, 2),
    DOGWOOD: Site(20, 9, 3),
    FIR: Site(6, 15, 3),
    ELM: Site(52, 9, 4),
    IRONWOOD: Site(41, 7, 4),
    JUNIPER: Site(56, 19, 5),
}
# A school that closed before anything is sent, without a place, as the oldest ones are.
CLOSED = ("9910199", "Old Mill Elementary")


@dataclass(frozen=True)
class Kind:
    """What the directory calls a school: its type, its option and its level, each a code and a word."""

    soc: tuple[str, str]
    option: tuple[str, str]
    level: tuple[str, str]


TRADITIONAL = ("TRAD", "Traditional")
ELEMENTARY = Kind(("60", "Elementary Schools (Public)"), TRADITIONAL, ("ELEM", "Elementary"))
MIDDLE = Kind(
    ("62", "Intermediate/Middle Schools (Public)"), TRADITIONAL, ("INTMIDJR", "Intermediate/Middle/Junior High")
)
HIGH = Kind(("66", "High Schools (Public)"), TRADITIONAL, ("HS", "High School"))
CONTINUATION = Kind(("68", "Continuation High Schools"), ("CON", "Continuation School"), ("HS", "High School"))
DISTRICTS = {
    "Unified": ("54", "Unified School District"),
    "Elementary": ("52", "Elementary School District"),
    "High": ("56", "High School District"),
}


def _kind(place: Place) -> Kind:
    """By its grades, as the state tells schools apart."""
    if place.code in HOURLY:
        return CONTINUATION
    last = place.profile.grades[-1]
    return ELEMENTARY if last <= 6 else MIDDLE if last <= 8 else HIGH


def _span(place: Place) -> str:
    """The grades from the lowest to the highest; TK is a part of kindergarten."""
    lowest, highest = max(place.profile.grades[0], 0), place.profile.grades[-1]
    return f"{lowest or 'K'}-{highest}"


def _where(site: Site, number: int | None = None) -> dict[str, str]:
    """Columns of a place: of the district's middle, or of one of its schools, numbered from 0."""
    away, angle = (0.0, 0.0) if number is None else (APART * sqrt(number + 0.5), GOLDEN * number)
    latitude = SOUTH + (site.north + away * cos(angle)) / KILOMETERS
    longitude = WEST + (site.east + away * sin(angle)) / (KILOMETERS * cos(radians(SOUTH)))
    return {
        "City": site.city,
        "Zip": ZIP_CODES[site.zip_code],
        "Latitude": f"{latitude:.6f}",
        "Longitude": f"{longitude:.6f}",
    }


COLUMNS = (
    "CDSCode", "NCESDist", "NCESSchool", "StatusType", "County", "District", "School", "City", "Zip", "State",
    "OpenDate", "ClosedDate", "Charter", "CharterNum", "FundingType", "DOC", "DOCType", "SOC", "SOCType", "EdOpsCode",
    "EdOpsName", "EILCode", "EILName", "GSoffered", "GSserved", "Virtual", "Magnet", "Latitude", "Longitude",
    "LastUpDate",
)  # fmt: skip


def _district(lea: Lea, county: str, updated: str) -> dict[str, str]:
    doc = next(kind for word, kind in DISTRICTS.items() if word in lea.name)
    return {
        "CDSCode": f"{lea.code}0000000",
        "StatusType": "Active",
        "County": county,
        "District": lea.name,
        "State": "CA",
        "DOC": doc[0],
        "DOCType": doc[1],
        "LastUpDate": updated,
    }


def _school(school: School, place: Place, number: int) -> dict[str, str]:
    kind, span = _kind(place), _span(place)
    return _where(SITES[place.lea], number) | {
        "CDSCode": place.cds_code,
        "School": school.name,
        "OpenDate": f"09/01/{1950 + number * 7 % 60}",
        "Charter": "Y" if school.charter else "N",
        "CharterNum": "9999" if school.charter else NO_DATA,
        "FundingType": "Locally funded" if school.charter else NO_DATA,
        "SOC": kind.soc[0],
        "SOCType": kind.soc[1],
        "EdOpsCode": kind.option[0],
        "EdOpsName": kind.option[1],
        "EILCode": kind.level[0],
        "EILName": kind.level[1],
        "GSoffered": span,
        "GSserved": span,
        "Virtual": "N",
        "Magnet": "N",
    }


def _rows(leas: list[Lea], places: tuple[Place, ...], county: str, updated: str) -> Iterator[dict[str, str]]:
    """Each district, and behind it its schools."""
    by_code = {place.code: place for place in places}
    for lea in leas:
        district = _district(lea, county, updated)
        yield district | _where(SITES[lea.code])
        known = [school for school in lea.schools if school.code in by_code]
        for number, school in enumerate(known):
            yield district | _school(school, by_code[school.code], number)
        if lea.code == ALDER:
            code, name = CLOSED
            closed = {"CDSCode": lea.code + code, "School": name, "StatusType": "Closed", "ClosedDate": "06/30/2012"}
            first = _school(known[0], by_code[known[0].code], 0)
            yield district | first | closed | {"Latitude": NO_DATA, "Longitude": NO_DATA}


def write_directory(root: Path, registry: Registry, leas: list[Lea], places: tuple[Place, ...], spring: int) -> Written:
    """Write the directory as the county office hands it on in June of a year. leas: those that are simulated."""
    county = registry.county.name.removesuffix(" County")
    rows = list(_rows(leas, places, county, f"05/31/{spring}"))
    path = f"{registry.county.sends['cde'].folder}/pubschls_{spring}0601.txt"
    columns = {name: texts(row.get(name, NO_DATA) for row in rows) for name in COLUMNS}
    return Written(path, "cde/schools", write_tab(root / path, columns, len(rows)))
