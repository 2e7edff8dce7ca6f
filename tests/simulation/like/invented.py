"""An invented county as the state would publish it: DataQuest's file of each year, and a directory of schools.

Schools' cells are counted from invented students, so that they can be met; cells of ten and fewer carry a star, as do
students without a race where any race is hidden. Districts and the county count fewer than their schools together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

RACES = ("RB", "RI", "RA", "RF", "RH", "RP", "RT", "RW", "RD")
RACE_SHARES = (0.08, 0.004, 0.1, 0.03, 0.6, 0.006, 0.04, 0.12, 0.02)
SPANS = {"GRTKKN": (-1, 0), "GR13": (1, 2, 3), "GR46": (4, 5, 6), "GR78": (7, 8), "GR912": (9, 10, 11, 12)}
PROGRAMS = {"SS": 0.65, "SE": 0.2, "SD": 0.15, "SF": 0.008, "SH": 0.04, "SM": 0.004}
HEADER = (
    "Academic Year\tAggregate Level\tCounty Code\tDistrict Code\tSchool Code\tCounty Name\tDistrict Name\tSchool Name\t"
    "Charter School\tDASS\tReporting Category\tChronicAbsenteeismEligibleCumulativeEnrollment\t"
    "ChronicAbsenteeismCount\tChronicAbsenteeismRate"
)


@dataclass(frozen=True)
class InventedSchool:
    """district and code: five and seven digits; grades as in the directory; students whom it counts."""

    district: str
    code: str
    name: str
    grades: tuple[int, int]
    students: int
    charter: str = "No"
    dass: str = "No"


SCHOOLS = (
    InventedSchool("99101", "9900101", "Quartz Elementary", (-1, 5), 210),
    InventedSchool("99101", "9900102", "Gypsum Elementary", (-1, 5), 150),
    InventedSchool("99101", "9900103", "Talc Middle", (6, 8), 180),
    InventedSchool("99101", "9900104", "Mica High", (9, 12), 260),
    InventedSchool("99101", "9900105", "Second Chance", (9, 12), 40, dass="Yes"),
    InventedSchool("99101", "9900106", "Halite Charter", (-1, 8), 120, charter="Yes"),
    InventedSchool("99102", "9900201", "Feldspar Elementary", (-1, 8), 90),
    InventedSchool("99102", "9900202", "Very Small", (-1, 8), 7),
    InventedSchool("99103", "9900301", "Olivine K-12", (-1, 12), 230),
    InventedSchool("99103", "9900302", "Beryl K-12", (-1, 12), 200),
)
DISTRICTS = {"99101": "Mineral Unified", "99102": "Crystal Elementary", "99103": "Gem Unified"}
# So many students fewer than their schools together are a district's, not chronic and chronic; the last one counts
# more, who are at no school of the file.
FEWER = {"99101": (9, 4), "99102": (0, 0), "99103": (-14, -7)}
COUNTY_FEWER = (6, 3)


def _cells(rng: np.random.Generator, school: InventedSchool) -> dict[str, tuple[int, int]]:
    size = school.students
    chronic = rng.random(size) < 0.25
    race = rng.choice(len(RACES), size=size, p=np.array(RACE_SHARES) / sum(RACE_SHARES))
    gender = rng.choice(3, size=size, p=[0.505, 0.485, 0.01])
    grade = rng.integers(school.grades[0], school.grades[1] + 1, size)
    disadvantaged = rng.random(size) < PROGRAMS["SS"]

    def told(who: np.ndarray) -> tuple[int, int]:
        return int(who.sum()), int((who & chronic).sum())

    cells = {"TA": told(np.ones(size, dtype=bool))}
    cells |= {name: told(race == row) for row, name in enumerate(RACES)}
    cells |= {name: told(gender == row) for row, name in enumerate(("GM", "GF", "GX"))}
    cells |= {name: told(np.isin(grade, grades)) for name, grades in SPANS.items()}
    cells["GRTK8"] = told(grade <= 8)
    for name, share in PROGRAMS.items():
        # foster, homeless and migrant students are disadvantaged
        among = disadvantaged if name in {"SF", "SH", "SM"} else np.ones(size, dtype=bool)
        cells[name] = told(disadvantaged if name == "SS" else among & (rng.random(size) < share))
    # the state has no row of a category without students, but for races
    return {name: cell for name, cell in cells.items() if cell[0] or name in RACES}


def _line(year: str, level: str, place: tuple[str, ...], category: str, cell: tuple[int, int], *, hidden: bool) -> str:
    eligible, chronic = cell
    figures = ("*", "*", "*") if hidden else (str(eligible), str(chronic), f"{100 * chronic / max(eligible, 1):.1f}")
    return "\t".join((year, level, *place, category, *figures))


def write_published(folder: Path, school_year: str, seed: int = 5, county: str = "19") -> Path:
    """Write the county's file of a year, named as the state names it; returns its path."""
    rng = np.random.default_rng([seed, int(school_year[:4])])
    lines = [HEADER]
    totals: dict[str, np.ndarray] = {code: np.zeros(2, dtype=np.int64) for code in DISTRICTS}
    for school in SCHOOLS:
        cells = _cells(rng, school)
        hides_a_race = any(cells[name][0] <= 10 for name in RACES[:-1])
        place = (county, school.district, school.code, "Example", DISTRICTS[school.district], school.name)
        for name, cell in cells.items():
            hidden = cell[0] <= 10 or (name == "RD" and hides_a_race)
            lines.append(_line(school_year, "S", (*place, school.charter, school.dass), name, cell, hidden=hidden))
        totals[school.district] += np.array([cells["TA"][0] - cells["TA"][1], cells["TA"][1]])
    everybody = np.zeros(2, dtype=np.int64)
    for code, name in DISTRICTS.items():
        others, chronic = totals[code] - np.array(FEWER[code])
        everybody += np.array([others, chronic])
        place = (county, code, "", "Example", name, "", "All", "All")
        lines.append(_line(school_year, "D", place, "TA", (int(others + chronic), int(chronic)), hidden=False))
    others, chronic = everybody - np.array(COUNTY_FEWER)
    place = (county, "", "", "Example", "", "", "All", "All")
    lines.append(_line(school_year, "C", place, "TA", (int(others + chronic), int(chronic)), hidden=False))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"chronicabsenteeism{school_year[-2:]}.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_directory(folder: Path, county: str = "19") -> Path:
    """Write the directory of the county's schools; returns its path."""
    spelled = {-1: "K", 0: "K"}
    lines = ["CDSCode\tGSoffered\tZip\tFundingType"]
    lines += [
        "\t".join(
            (
                county + school.district + school.code,
                "-".join(str(spelled.get(grade, grade)) for grade in school.grades),
                "99991-0001",
                "Directly funded" if school.charter == "Yes" else "",
            )
        )
        for school in SCHOOLS
    ]
    path = folder / "pubschls.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
