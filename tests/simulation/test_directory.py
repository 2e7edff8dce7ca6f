"""The state's directory of the invented schools: each where nobody lives, near its district, and as it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import cos, hypot, radians
from pathlib import Path

import pandas as pd
import pytest

from ingestion.registry import Registry
from simulation.words import ZIP_CODES
from tests.simulation.raw_files import LEAS, County, load_of

CLOSED = "19990019910199"
GRADES = ["K", *map(str, range(1, 13))]


@pytest.fixture(scope="module")
def directory(county: County) -> pd.DataFrame:
    """The rows by CDS code; what the state calls no data is blank."""
    (path,) = county.root.glob("19/cde/pubschls_*.txt")
    rows = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False).replace("No Data", "")
    assert not rows["CDSCode"].duplicated().any()
    return rows.set_index("CDSCode")


@pytest.fixture(scope="module")
def places(directory: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Kilometers east and north of the Pacific's 121.5 west and 33 north, of all that have a place."""
    known = directory[directory["Latitude"] != ""]
    return {
        str(code): ((float(west) + 121.5) * 111.2 * cos(radians(33)), (float(north) - 33) * 111.2)
        for code, west, north in known[["Longitude", "Latitude"]].itertuples()
    }


def apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def test_every_district_and_school_that_sends_is_listed_once_as_open(
    directory: pd.DataFrame, registry: Registry
) -> None:
    sending = {lea.code + "0000000" for lea in registry.leas}
    sending |= {lea.code + school.code for lea in registry.leas for school in lea.schools}
    assert set(directory.index[directory["StatusType"] == "Active"]) == sending
    names = {lea.code + school.code: school.name for lea in registry.leas for school in lea.schools}
    assert {code: directory.loc[code, "School"] for code in names} == names
    charters = {lea.code + school.code for lea in registry.leas for school in lea.schools if school.charter}
    assert set(directory.index[directory["Charter"] == "Y"]) == charters


def test_a_school_that_closed_long_ago_is_listed_too_and_has_no_place(
    directory: pd.DataFrame, places: dict[str, tuple[float, float]]
) -> None:
    closed = directory[directory["StatusType"] == "Closed"]
    assert list(closed.index) == [CLOSED]
    assert closed["ClosedDate"].item() == "06/30/2012"
    assert set(directory.index) - set(places) == {CLOSED}


def test_the_county_lies_in_the_sea_and_is_sixty_by_forty_kilometers(places: dict[str, tuple[float, float]]) -> None:
    east, north = zip(*places.values(), strict=True)
    assert (min(east), min(north)) > (0, 0)
    assert max(east) < 62
    assert max(north) < 40
    assert max(east) - min(east) > 45
    assert max(north) - min(north) > 25


def test_schools_lie_around_their_own_district_and_no_two_at_one_place(places: dict[str, tuple[float, float]]) -> None:
    middles = {code[:7]: place for code, place in places.items() if code.endswith("0000000")}
    schools = {code: place for code, place in places.items() if not code.endswith("0000000")}
    assert len(middles) == len(LEAS)
    for code, place in schools.items():
        nearest = min(middles, key=lambda lea: apart(middles[lea], place))
        assert nearest == code[:7]
        assert apart(middles[nearest], place) < 4
    assert min(apart(one, other) for one, other in combinations(schools.values(), 2)) > 0.9


def test_zip_codes_are_those_of_the_students_and_streets_are_not_told(directory: pd.DataFrame) -> None:
    assert set(directory["Zip"]) == set(ZIP_CODES)
    assert directory.groupby("Zip")["City"].nunique().eq(1).all()
    by_district = directory.groupby("District")["Zip"].nunique()
    assert by_district.eq(1).all()
    assert not {"Street", "StreetAbr", "Phone", "Email"} & set(directory)


def test_grades_are_those_in_which_a_school_has_students(
    directory: pd.DataFrame, calpads: Callable[[str, str, str], pd.DataFrame]
) -> None:
    for lea in LEAS:
        rows = calpads(lea, "2023-24", "SENR")
        for school, grades in rows.groupby(5)[24]:
            found = {GRADES.index("K" if grade in {"TK", "KN"} else str(int(grade))) for grade in set(grades)}
            assert directory.loc[f"{lea}{school}", "GSserved"] == f"{GRADES[min(found)]}-{GRADES[max(found)]}"


def test_the_directory_and_the_dashboard_are_loaded(county: County, registry: Registry, tmp_path: Path) -> None:
    records = load_of(county, registry, tmp_path, registry.county.code, "state")
    assert sorted((record.file, record.outcome, record.rows_rejected) for record in records) == [
        ("dashboard_chronic", "loaded", 0),
        ("schools", "loaded", 0),
    ]
