"""The known dirt: students at the edges of the rules, and files that are not what they should be, planted exactly."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simulation.arrays import Dates, Flags, Ints, States, Texts, constant, texts
from simulation.calendars import SCHOOL_DAYS
from simulation.codes import ABSENT_STATES, State
from simulation.cohorts import Cohort
from simulation.places import (
    ALDER,
    ELM_ELEMENTARY,
    GINKGO_HIGH,
    IRONWOOD_ELEMENTARY,
    TK,
    WILLOW,
    Place,
    lea_of,
    position,
    scaled,
    texts_of,
)
from simulation.stints import LAST_DAY, MOVED, PRIMARY, YEAR_END, Stints

CORRECTED_MONTH = 10
UNMAPPED_MONTH = 2
# A day on which a third of a school's students stay away: school, and number of the school day from 0.
DIPS = (("9910103", 60), (GINKGO_HIGH, 100))
SHARE_AWAY = 0.35
# One school on each system; few enough days that no file of a month reaches one percent.
UNMAPPED_DAYS = {"9910103": 12, ELM_ELEMENTARY: 2, GINKGO_HIGH: 2, IRONWOOD_ELEMENTARY: 2}


@dataclass(frozen=True)
class PlantedCase:
    """A case that the files hold on purpose.

    name, what: the case, and what is in the files
    where:      "LEA/school school year" or "LEA school year"
    students:   how many stays of students it concerns; for the corrected file, how many rows
    ssids:      the students, for tests; never printed
    """

    name: str
    what: str
    where: str
    students: int
    ssids: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Visit:
    """A stay at a school: first and last school day (from 0), and full days absent of them."""

    school: str
    first: int
    last: int
    absent: int


@dataclass(frozen=True)
class Figure:
    """One planted student of the last school year. avoids: a month in which the student misses no day."""

    name: str
    what: str
    grade: int
    visits: tuple[Visit, ...]
    avoids: int | None = None


FIGURES: tuple[Figure, ...] = (
    Figure("exactly_ten_percent", "absent 18 of 180 days expected", 3, (Visit("9910101", 0, LAST_DAY, 18),)),
    Figure(
        "thirty_days_expected",
        "30 days expected, 6 absent: one day short of eligible",
        2,
        (Visit("9910102", SCHOOL_DAYS - 30, LAST_DAY, 6),),
    ),
    Figure(
        "thirty_one_days_expected",
        "31 days expected, 4 absent: eligible and chronically absent",
        2,
        (Visit("9910102", SCHOOL_DAYS - 31, LAST_DAY, 4),),
    ),
    Figure(
        "eligible_only_at_district",
        "25 days at one school and 20 at the next, 3 absent at each: eligible and chronic at the district only",
        4,
        (Visit("9910103", 0, 24, 3), Visit("9910104", 25, 44, 3)),
    ),
    Figure("zero_days_attended", "45 days expected, none attended", 1, (Visit("9910102", 0, 44, 45),)),
    Figure("zero_days_attended", "40 days expected, none attended (STAS only)", 4, (Visit("9930101", 0, 39, 40),)),
    Figure(
        "chronic_before_the_correction",
        "absent 17 of 180 days; 20 of 180 by the October file that the correction replaces",
        5,
        (Visit("9910101", 0, LAST_DAY, 17),),
        avoids=CORRECTED_MONTH,
    ),
)
WRONGLY_ABSENT = 3


def figures_cohort(places: tuple[Place, ...], first_person: int) -> Cohort:
    """The planted students at their first schools, numbered from first_person on."""
    return Cohort(
        person=np.arange(first_person, first_person + len(FIGURES)),
        place=np.array([position(places, figure.visits[0].school) for figure in FIGURES], dtype=np.int64),
        grade=np.array([figure.grade for figure in FIGURES], dtype=np.int64),
    )


def _visits() -> list[tuple[int, Figure, Visit]]:
    return [(number, figure, visit) for number, figure in enumerate(FIGURES) for visit in figure.visits]


def figures_stints(places: tuple[Place, ...], cohort: Cohort) -> Stints:
    """The stays of the planted students, in the order of the figures and their visits."""
    visits = _visits()
    number = np.array([number for number, _, _ in visits], dtype=np.int64)
    last = np.array([visit.last for _, _, visit in visits], dtype=np.int64)
    rows = len(visits)
    return Stints(
        person=cohort.person[number],
        place=np.array([position(places, visit.school) for _, _, visit in visits], dtype=np.int64),
        grade=cohort.grade[number],
        first=np.array([visit.first for _, _, visit in visits], dtype=np.int64),
        last=last,
        status=constant(PRIMARY, rows),
        reason=texts(YEAR_END if each == LAST_DAY else MOVED for each in last.tolist()),
        superseded=np.full(rows, SCHOOL_DAYS, dtype=np.int64),
        is_no_show=np.zeros(rows, dtype=np.bool_),
        is_exempt=np.zeros(rows, dtype=np.bool_),
        planted=number,
    )


def months(dates: Dates) -> Ints:
    """The month of each date, 1 to 12."""
    return np.asarray(dates.astype("datetime64[M]").astype(np.int64) % 12 + 1)


def with_figures(rng: np.random.Generator, states: States, stints: Stints, days: Dates) -> States:
    """Give the planted students exactly their absences, excused and unexcused in turn, and no other code."""
    changed = states.copy()
    rows = np.flatnonzero(stints.planted >= 0)
    for row, (_, figure, visit) in zip(rows.tolist(), _visits(), strict=True):
        inside = np.arange(visit.first, visit.last + 1)
        possible = inside[months(days[stints.place[row], inside]) != figure.avoids] if figure.avoids else inside
        absent = np.sort(rng.choice(possible, size=visit.absent, replace=False))
        changed[row, inside] = State.PRESENT
        changed[row, absent[::2]] = State.UNEXCUSED
        changed[row, absent[1::2]] = State.EXCUSED
    return changed


def with_unmapped(
    rng: np.random.Generator, states: States, stints: Stints, places: tuple[Place, ...], days: Dates
) -> States:
    """Turn a few attended days of some schools and one month into a code that stands in no code table."""
    changed = states.copy()
    for school, count in UNMAPPED_DAYS.items():
        here = (stints.place == position(places, school)) & (stints.planted < 0) & ~stints.is_exempt
        present = (states == State.PRESENT) & here[:, None] & (months(days[stints.place]) == UNMAPPED_MONTH)
        cells = np.argwhere(present)
        chosen = cells[np.sort(rng.choice(len(cells), size=scaled(count, places), replace=False))]
        changed[chosen[:, 0], chosen[:, 1]] = State.UNMAPPED
    return changed


def with_dips(rng: np.random.Generator, states: States, stints: Stints, places: tuple[Place, ...]) -> States:
    """Let a share of those who would have come stay away on a few days, each at one school; planted students come."""
    changed = states.copy()
    for school, day in DIPS:
        here = (stints.place == position(places, school)) & (stints.planted < 0) & ~stints.is_exempt
        came = np.flatnonzero(here & (states[:, day] == State.PRESENT))
        changed[came[rng.random(len(came)) < SHARE_AWAY], day] = State.EXCUSED
    return changed


def dip_cases(school_year: str, states: States, stints: Stints, places: tuple[Place, ...]) -> list[PlantedCase]:
    """The days on which a school was far emptier than usual."""
    cases = []
    for school, day in DIPS:
        here = (stints.place == position(places, school)) & ~stints.is_exempt
        away = here & np.isin(states[:, day], ABSENT_STATES)
        cases.append(
            PlantedCase(
                name="dip",
                what=f"school day {day + 1}: a third of the school's students away",
                where=f"{lea_of(school)}/{school} {school_year}",
                students=int(away.sum()),
            )
        )
    return cases


def wrongly_absent_days(states: States, stints: Stints, days: Dates) -> Ints:
    """(stint, day) pairs of the corrected month that the first delivery wrongly had as a planted student's absences."""
    number = next(index for index, figure in enumerate(FIGURES) if figure.avoids == CORRECTED_MONTH)
    row = int(np.flatnonzero(stints.planted == number)[0])
    month = months(days[stints.place[row]])
    present = np.flatnonzero((states[row] == State.PRESENT) & (month == CORRECTED_MONTH))
    return np.array([[row, day] for day in present[:WRONGLY_ABSENT].tolist()], dtype=np.int64)


@dataclass(frozen=True)
class _Mask:
    """A case of many stints: which ones, and for each stint the place that the case is told for."""

    name: str
    what: str
    who: Flags
    where: Texts


def _cases(mask: _Mask, school_year: str, ssid: Texts) -> list[PlantedCase]:
    """One case for each place that has such stints; ssid: by stint."""
    return [
        PlantedCase(
            name=mask.name,
            what=mask.what,
            where=f"{place} {school_year}",
            students=int((mask.who & (mask.where == place)).sum()),
            ssids=tuple(ssid[mask.who & (mask.where == place)].tolist()),
        )
        for place in sorted(set(mask.where[mask.who].tolist()))
    ]


@dataclass(frozen=True)
class _Moves:
    """Second stays of the year: at another school of the district, in another district, at the same school again."""

    within: Flags
    between: Flags
    returns: Flags


def _moves(stints: Stints, leas: Texts) -> _Moves:
    """Which second stay is what. Overlaps are no moves."""
    order = np.lexsort((stints.first, stints.status != PRIMARY, stints.person))
    person, lea = stints.person[order], leas[stints.place[order]]
    follows = np.concatenate([[False], person[1:] == person[:-1]]) & (stints.status[order] == PRIMARY)
    late = np.concatenate([[False], stints.superseded[order][:-1] < SCHOOL_DAYS])
    place = stints.place[order]
    same = np.concatenate([[False], lea[1:] == lea[:-1]])
    again = np.concatenate([[False], place[1:] == place[:-1]])
    back = np.argsort(order)
    return _Moves(
        within=(follows & same & ~again & ~late)[back],
        between=(follows & ~same)[back],
        returns=(follows & again & ~late)[back],
    )


def year_cases(
    school_year: str, stints: Stints, states: States, places: tuple[Place, ...], ssid: Texts
) -> list[PlantedCase]:
    """The cases that every simulated year holds."""
    leas = texts_of(places, lambda place: place.lea)
    lea, school = leas[stints.place], texts_of(places, lambda place: f"{place.lea}/{place.code}")[stints.place]
    moves = _moves(stints, leas)
    ordinary = stints.planted < 0
    willow = stints.place == position(places, WILLOW)
    unmapped = np.asarray((states == State.UNMAPPED).any(axis=1))
    overlaps = stints.superseded < SCHOOL_DAYS
    masks = (
        _Mask("mover_within_district", "second stay of a mover, in the same district", moves.within & ordinary, lea),
        _Mask(
            "mover_between_districts", "second stay of a mover, from another district", moves.between & ordinary, lea
        ),
        _Mask("returns", "second stay of a student who left and came back to the same school", moves.returns, lea),
        _Mask("overlapping_stints", "record left open for days after a move", overlaps, lea),
        _Mask("no_show", "N470, leave date = enter date, never attended", stints.is_no_show, lea),
        _Mask("exempt", "attendance not collected (13.13 = Y)", stints.is_exempt, lea),
        _Mask("transitional_kindergarten", "TK", stints.grade == TK, lea),
        _Mask("never_submits", "stays at a school of which no attendance arrives", willow, school),
        _Mask("unmapped_code", "days of a code that is in no code table", unmapped, school),
    )
    return [case for mask in masks for case in _cases(mask, school_year, ssid[stints.person])]


def figure_cases(school_year: str, cohort: Cohort, ssid: Texts) -> list[PlantedCase]:
    """The planted students, one case each."""
    return [
        PlantedCase(
            name=figure.name,
            what=figure.what,
            where=", ".join(f"{lea_of(visit.school)}/{visit.school}" for visit in figure.visits) + f" {school_year}",
            students=1,
            ssids=(str(ssid[person]),),
        )
        for figure, person in zip(FIGURES, cohort.person.tolist(), strict=True)
    ]


def corrected_case(school_year: str, added: int, removed: int) -> PlantedCase:
    """The month that Alder sent twice."""
    return PlantedCase(
        name="corrected_resend",
        what=f"October attendance sent twice; the second file has {added} absences more and {removed} fewer",
        where=f"{ALDER} {school_year}",
        students=added + removed,
    )
