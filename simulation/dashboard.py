"""The state's Dashboard file of the invented districts and schools: chronic absenteeism of a year that is over.

Counted from the days as lived, judged by the rule of the state as its pages tell it (docs/rules.md B.3, B.4). Nothing
of the warehouse's own is asked, so that each can be held against the other. The state's row is not ours to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingestion.registry import Lea, Registry, School
from simulation.arrays import Flags, take, texts
from simulation.measures import (
    Stays,
    Students,
    before_the_first,
    groups_of,
    is_learner,
    races_of,
    stays_of,
    students_of,
)
from simulation.text import Written, write_tab
from simulation.world import World, Year

LAST_GRADE = 8
# The Dashboard's groups in the state's codes of reporting categories; English learners are asked by grade.
GROUPS = {
    "ALL": "TA", "AA": "RB", "AI": "RI", "AS": "RA", "FI": "RF", "HI": "RH", "PI": "RP", "WH": "RW", "MR": "RT",
    "EL": "SE", "SED": "SS", "SWD": "SD", "FOS": "SF", "HOM": "SH",
}  # fmt: skip
SHOWN_FROM, COLORED_FROM, SMALL_BELOW = 11, 30, 150
COLORED_FROM_AT_LEA = {"FOS": 15, "HOM": 15}
# Tenths up to which a rate or a change is at a level; beyond the last one it is at the first level of the two.
STATUS_LEVELS = ((25, 5), (50, 4), (100, 3), (200, 2))
CHANGE_LEVELS = ((-30, 5), (-5, 4), (4, 3), (30, 2))
# By status from very high (1) to very low (5), the colors of changes from increased significantly to declined so.
COLORS = {1: "11123", 2: "12233", 3: "22344", 4: "23445", 5: "34555"}


@dataclass(frozen=True)
class Count:
    """Eligible students, and those of them who are chronically absent."""

    students: int
    chronic: int

    @property
    def is_shown(self) -> bool:
        """Whether the file has the count of the absent."""
        return self.students >= SHOWN_FROM

    @property
    def tenths(self) -> int:
        """The rate in tenths of a percent, rounded half up."""
        return (2000 * self.chronic + self.students) // (2 * self.students)


def change_in_tenths(now: Count, before: Count) -> int:
    """The change in tenths of a percentage point, from the unrounded rates, half away from zero."""
    part, whole = 1000 * (now.chronic * before.students - before.chronic * now.students), now.students * before.students
    return (1 if part >= 0 else -1) * ((2 * abs(part) + whole) // (2 * whole))


def _level(tenths: int, levels: tuple[tuple[int, int], ...]) -> int:
    return next((level for through, level in levels if tenths <= through), 1)


def status_of(now: Count) -> int:
    """1 very high to 5 very low."""
    return _level(now.tenths, STATUS_LEVELS)


def change_of(now: Count, before: Count) -> int:
    """1 increased significantly to 5 declined significantly; of few students what is significant counts as plain."""
    level = _level(change_in_tenths(now, before), CHANGE_LEVELS)
    return min(max(level, 2), 4) if now.students < SMALL_BELOW else level


def _in_tenths(tenths: int) -> str:
    return f"{tenths / 10:.1f}"


def figures(group: str, now: Count, before: Count, *, is_lea: bool) -> dict[str, str]:
    """The columns of a row that hang on its counts; blank what is not shown, level 0 what there is none of."""
    least = COLORED_FROM_AT_LEA.get(group, COLORED_FROM) if is_lea else COLORED_FROM
    compared = now.is_shown and before.is_shown
    colored = min(now.students, before.students) >= least
    status = status_of(now) if now.is_shown else 0
    change = change_of(now, before) if compared else 0
    return {
        "currnumer": str(now.chronic) if now.is_shown else "",
        "currdenom": str(now.students),
        "currstatus": _in_tenths(now.tenths) if now.is_shown else "",
        "priornumer": str(before.chronic) if before.is_shown else "",
        "priordenom": str(before.students),
        "priorstatus": _in_tenths(before.tenths) if before.is_shown else "",
        "change": _in_tenths(change_in_tenths(now, before)) if compared else "",
        "statuslevel": str(status),
        "changeLevel": str(change),
        "color": COLORS[status][change - 1] if colored else "0",
        "box": str(50 * (5 - status) + 10 * change) if colored else "0",
        "smalldenom": "Y" if now.students < SMALL_BELOW else "",
        "currnsizemet": "Y" if now.students >= least else "N",
        "priornsizemet": "Y" if before.students >= least else "N",
        "accountabilitymet": "Y" if colored else "N",
    }


def _counts(year: Year, groups: Mapping[str, Flags], stays: Stays, charters: Flags) -> dict[str, Count]:
    """By Dashboard group; without those who were last at one of the charters."""
    students = students_of(stays)
    kept = students.is_eligible & (students.grade <= LAST_GRADE) & ~charters[students.place]
    students = take(students, kept)
    return {name: _count(students, _members(year, groups, students, code)) for name, code in GROUPS.items()}


def _members(year: Year, groups: Mapping[str, Flags], students: Students, code: str) -> Flags:
    return is_learner(year, students) if code == "SE" else np.asarray(groups[code][students.person])


def _count(students: Students, who: Flags) -> Count:
    return Count(int(who.sum()), int((who & students.is_chronic).sum()))


@dataclass(frozen=True)
class Entity:
    """A district or a school: its columns, the places whose stays are its own, and those whose students are not."""

    columns: Mapping[str, str]
    places: Flags
    charters: Flags


def _entities(world: World, leas: list[Lea], county: str) -> Iterator[Entity]:
    """Each district, which is its schools that are no charters, and behind it its schools."""
    by_code = {place.code: number for number, place in enumerate(world.places)}
    nobody = np.zeros(len(world.places), dtype=np.bool_)

    def these(schools: list[School]) -> Flags:
        found = nobody.copy()
        found[[by_code[school.code] for school in schools]] = True
        return found

    for lea in leas:
        schools = [school for school in lea.schools if school.code in by_code]
        common = {"districtname": lea.name, "countyname": county}
        charters = these([school for school in schools if school.charter])
        yield Entity(common | {"cds": f"{lea.code}0000000", "rtype": "D"}, these(schools), charters)
        for school in schools:
            own = {
                "cds": world.places[by_code[school.code]].cds_code,
                "rtype": "S",
                "schoolname": school.name,
                "charter_flag": "Y" if school.charter else "",
                "dass_flag": "Y" if school.dass else "",
            }
            yield Entity(common | own, these([school]), nobody)


COLUMNS = (
    "cds", "rtype", "schoolname", "districtname", "countyname", "charter_flag", "coe_flag", "dass_flag", "studentgroup",
    "currnumer", "currdenom", "currstatus", "priornumer", "priordenom", "priorstatus", "change", "statuslevel",
    "changeLevel", "color", "box", "smalldenom", "currnsizemet", "priornsizemet", "accountabilitymet", "certifyflag",
    "priorcertifyflag", "dataerrorflag", "indicator", "reportingyear",
)  # fmt: skip


def _rows(world: World, index: int, leas: list[Lea], county: str, seed: int) -> Iterator[dict[str, str]]:
    """A row for each district or school and group that had a student in one of the two years."""
    year = world.years[index]
    everybody = stays_of(year, world.places, np.ones(len(year.stints.person), dtype=np.bool_))
    if index:
        earlier = world.years[index - 1]
        earlier_stays = stays_of(earlier, world.places, np.ones(len(earlier.stints.person), dtype=np.bool_))
    else:
        earlier, earlier_stays = year, before_the_first(everybody, year, world.places, seed)
    spring = {"indicator": "chronic", "reportingyear": str(year.start_year + 1)}
    for entity in _entities(world, leas, county):
        now, before = (
            _counts(one, groups_of(one) | races_of(one), take(stays, entity.places[stays.place]), entity.charters)
            for one, stays in ((year, everybody), (earlier, earlier_stays))
        )
        for group in GROUPS:
            if now[group].students or before[group].students:
                told = figures(group, now[group], before[group], is_lea=entity.columns["rtype"] == "D")
                yield {**entity.columns, "studentgroup": group, **told, **spring}


def write_dashboard(root: Path, registry: Registry, leas: list[Lea], world: World, seed: int) -> list[Written]:
    """Write a file for each year but the last, of which the state has not told yet. leas: those that are simulated."""
    county, folder = registry.county.name.removesuffix(" County"), registry.county.sends["cde"].folder
    written = []
    for index, year in enumerate(world.years[:-1]):
        rows = list(_rows(world, index, leas, county, seed))
        spring = year.start_year + 1
        path = f"{folder}/chronicdownload{spring}_{spring}1215.txt"
        columns = {name: texts(row.get(name, "") for row in rows) for name in COLUMNS}
        written.append(Written(path, "cde/dashboard_chronic", write_tab(root / path, columns, len(rows))))
    return written
