"""What the state published of a county: the counts that a simulated county has to equal.

Read from a DataQuest file of chronic absenteeism and a directory of schools, both as the state gives them out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.arrays import Ints
from simulation.folder import SimulationError
from simulation.places import TK

RACES = ("RB", "RI", "RA", "RF", "RH", "RP", "RT", "RW", "RD")
GENDERS = ("GM", "GF", "GX", "GZ")
# Grade spans with their grades, -1 for TK; the state spelled the first one otherwise in earlier years.
SPANS: dict[str, tuple[int, ...]] = {
    "GRTKKN": (TK, 0),
    "GR13": (1, 2, 3),
    "GR46": (4, 5, 6),
    "GR78": (7, 8),
    "GR912": (9, 10, 11, 12),
}
THROUGH_EIGHT = "GRTK8"
PROGRAMS = ("SS", "SE", "SD", "SF", "SH", "SM")
TOTAL = "TA"
CATEGORIES = (TOTAL, *RACES, *GENDERS, *SPANS, THROUGH_EIGHT, *PROGRAMS)
EARLIER_SPELLINGS = {"GRKN": "GRTKKN", "GRK": "GRTKKN", "GRK8": THROUGH_EIGHT}
# A cell that the file has no row for counts nobody; one with a star is hidden.
NOBODY, HIDDEN = 0, -1

KEYS = ("Academic Year", "Aggregate Level", "County Code", "District Code", "School Code")
NAMES = ("County Name", "District Name", "School Name")
FLAGS = ("Charter School", "DASS")
ELIGIBLE, CHRONIC = "ChronicAbsenteeismEligibleCumulativeEnrollment", "ChronicAbsenteeismCount"
CATEGORY = "Reporting Category"

# What the state's files and their extracts call the same column of the directory.
DIRECTORY_COLUMNS: dict[str, tuple[str, ...]] = {
    "cds_code": ("CDSCode", "CDS Code", "cds_code"),
    "grades": ("gradeSpan", "GSoffered", "GSserved"),
    "zip_code": ("address.zip", "Zip", "zip"),
    "funding": ("FundingType", "Charter Funding Type"),
    "reports_alone": ("IRC",),
}


@dataclass(frozen=True)
class School:
    """A school of the file, and what the directory adds.

    code, district: seven digits each, the district's with its county in front
    lowest, highest: grades offered as numbers, -1 for TK; none where the directory does not know the school
    reports_alone:  an independently reporting charter; every charter is, where the directory does not say
    """

    code: str
    district: str
    name: str
    is_charter: bool
    is_dass: bool
    lowest: int | None
    highest: int | None
    zip_code: str
    reports_alone: bool

    @property
    def cds_code(self) -> str:
        """County, district and school in 14 digits."""
        return self.district + self.code


@dataclass(frozen=True)
class Published:
    """A county's published year.

    schools:           by CDS code
    eligible, chronic: students, schools by CATEGORIES; HIDDEN where the state hides the cell
    districts:         name, eligible and chronic students of each district, by its seven digits; HIDDEN likewise
    county:            the same of the county
    """

    school_year: str
    county_code: str
    schools: tuple[School, ...]
    eligible: Ints
    chronic: Ints
    districts: dict[str, tuple[str, int, int]]
    county: tuple[str, int, int]


def _read_text(path: Path) -> pd.DataFrame:
    """A table of texts, tab- or comma-separated or Parquet; blanks stay blank."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).astype(object).where(lambda table: table.notna(), "").astype(str)
    separator = "\t" if ".txt" in path.suffixes else ","
    for encoding in ("utf-8", "cp1252"):
        try:
            return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, encoding=encoding, quoting=3)
        except UnicodeDecodeError:
            continue
    raise SimulationError(f"{path} is neither UTF-8 nor Windows-1252. Take the file as the state gives it out.")


def _table(path: Path, what: str, needed: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise SimulationError(f"{path} is not there. Name {what}, as CDE publishes it (docs/simulation.md says where).")
    table = _read_text(path)
    if missing := sorted(set(needed) - set(table.columns)):
        raise SimulationError(f"{path} has no column {', '.join(missing)}: is it {what}?")
    return table


def _counts(values: pd.Series[str], path: Path) -> Ints:
    numbers = pd.to_numeric(values.where(values.str.strip() != "*", str(HIDDEN)), errors="coerce")
    if numbers.isna().any():
        line = int(np.flatnonzero(numbers.isna())[0]) + 2
        raise SimulationError(f"{path}, line {line}, column {values.name}: neither a count nor a star.")
    return np.asarray(numbers, dtype=np.int64)


def _grade(text: str) -> int:
    letters = text.strip().upper()
    return TK if letters in {"P", "PK", "TK"} else 0 if letters in {"K", "KN"} else int(letters)


def offered_grades(text: str) -> tuple[int, int] | None:
    """The lowest and the highest grade of "K-5" or "K", with any dash; with K comes TK. None where unreadable."""
    parts = [part for part in re.split(r"[-\u2013\u2014]", text) if part.strip()]
    try:
        grades = [_grade(part) for part in parts]
    except ValueError:
        return None
    if not grades:
        return None
    return (TK if grades[0] <= 0 else grades[0]), grades[-1]


def _directory(path: Path) -> dict[str, dict[str, str]]:
    """What the directory says of each school, by CDS code; columns that it lacks are blank."""
    table = _read_text(path) if path.is_file() else _table(path, "a directory of schools", ())
    found = {
        ours: next((name for name in theirs if name in table.columns), None)
        for ours, theirs in DIRECTORY_COLUMNS.items()
    }
    if found["cds_code"] is None:
        raise SimulationError(f"{path} has no column CDSCode: is it a directory of schools?")
    known = {ours: table[theirs].tolist() if theirs else [""] * len(table) for ours, theirs in found.items()}
    return {
        cds_code: {name: known[name][row] for name in known}
        for row, cds_code in enumerate(known["cds_code"])
        if len(cds_code) == 14
    }


def _reports_alone(is_charter: bool, said: dict[str, str]) -> bool:
    if not is_charter:
        return False
    if said.get("reports_alone"):
        return said["reports_alone"].upper().startswith("Y")
    return not said.get("funding", "").lower().startswith("locally")


def _school(key: tuple[str, str], row: dict[str, str], said: dict[str, str]) -> School:
    grades = offered_grades(said.get("grades", ""))
    is_charter = row["Charter School"].upper().startswith("Y")
    return School(
        code=key[1],
        district=key[0],
        name=row["School Name"],
        is_charter=is_charter,
        is_dass=row["DASS"].upper().startswith("Y"),
        lowest=grades[0] if grades else None,
        highest=grades[1] if grades else None,
        zip_code=said.get("zip_code", "")[:5],
        reports_alone=_reports_alone(is_charter, said),
    )


def _totals(rows: pd.DataFrame) -> tuple[int, int]:
    """Eligible and chronic students of the row of all students; HIDDEN where there is none."""
    total = rows[rows[CATEGORY] == TOTAL]
    if total.empty:
        return HIDDEN, HIDDEN
    return int(total["eligible"].iloc[0]), int(total["chronic"].iloc[0])


def read_published(path: Path, directory: Path, school_year: str, county_code: str) -> Published:
    """Read a county's year; raises SimulationError naming file, line and column of what cannot be used.

    path:      DataQuest's chronic absenteeism file of any year, packed or not
    directory: the state's directory of schools, or an extract of it
    """
    needed = (*KEYS, *NAMES, *FLAGS, CATEGORY, ELIGIBLE, CHRONIC)
    table = _table(path, "a DataQuest file of chronic absenteeism", needed)
    table = table.apply(lambda column: column.str.strip())
    here = table[(table["County Code"] == county_code) & (table["Academic Year"] == school_year)].copy()
    schools = here[here["Aggregate Level"] == "S"]
    if schools.empty:
        years = ", ".join(sorted(set(table["Academic Year"])))
        raise SimulationError(
            f"{path} has no schools of county {county_code} in {school_year}; it has {years}. Name another."
        )
    here["eligible"], here["chronic"] = _counts(here[ELIGIBLE], path), _counts(here[CHRONIC], path)
    here[CATEGORY] = here[CATEGORY].replace(EARLIER_SPELLINGS)
    schools = here[here["Aggregate Level"] == "S"]
    keys = sorted(set(zip(county_code + schools["District Code"], schools["School Code"], strict=True)))
    place = {key: row for row, key in enumerate(keys)}
    rows = np.array(
        [place[key] for key in zip(county_code + schools["District Code"], schools["School Code"], strict=True)]
    )
    column = schools[CATEGORY].map({name: index for index, name in enumerate(CATEGORIES)})
    known = column.notna().to_numpy()
    counts = {}
    for name in ("eligible", "chronic"):
        counts[name] = np.full((len(keys), len(CATEGORIES)), NOBODY, dtype=np.int64)
        counts[name][rows[known], column[known].astype(int).to_numpy()] = schools[name].to_numpy()[known]
    said = _directory(directory)
    first = dict(zip(rows.tolist(), schools.to_dict("records"), strict=True))
    above = here[here["Charter School"].isin(["All", ""]) & here["DASS"].isin(["All", ""])]
    districts = {
        county_code + code: (str(group["District Name"].iloc[0]), *_totals(group))
        for code, group in above[above["Aggregate Level"] == "D"].groupby("District Code")
    }
    # a district may be named by its schools' rows alone
    for row in first.values():
        districts.setdefault(county_code + row["District Code"], (row["District Name"], HIDDEN, HIDDEN))
    return Published(
        school_year=school_year,
        county_code=county_code,
        schools=tuple(_school(key, first[row], said.get("".join(key), {})) for key, row in place.items()),
        eligible=counts["eligible"],
        chronic=counts["chronic"],
        districts=districts,
        county=(str(here["County Name"].iloc[0]), *_totals(above[above["Aggregate Level"] == "C"])),
    )
