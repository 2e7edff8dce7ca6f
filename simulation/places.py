"""The registry's schools as the simulation sees them: size, grades, and how its students come to school."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ingestion.registry import Lea, Registry
from simulation.arrays import Floats, Ints, Texts, texts
from simulation.folder import SimulationError

ALDER, BIRCH, CEDAR, DOGWOOD = "1999001", "1999002", "1999003", "1999004"
ELM, FIR, GINKGO, HAZEL = "1999005", "1999006", "1999007", "1999008"
IRONWOOD, JUNIPER = "1999009", "1999010"
WILLOW = "9920104"
ELM_ELEMENTARY, GINKGO_HIGH, IRONWOOD_ELEMENTARY = "9950101", "9970201", "9990101"
# The student information systems in which a district's attendance may be written.
SYSTEMS = ("aeries", "powerschool", "infinite_campus", "synergy")
CHARTER = "9910105"
NEW_START = "9910401"
HOURLY = frozenset({NEW_START})

# Grades as numbers: -1 is TK, 0 is kindergarten.
TK, KINDERGARTEN = -1, 0
ELEMENTARY, MIDDLE, HIGH = tuple(range(-1, 6)), (6, 7, 8), (9, 10, 11, 12)
TK_TO_6, JUNIOR_AND_SENIOR_HIGH = tuple(range(-1, 7)), tuple(range(7, 13))


@dataclass(frozen=True)
class Profile:
    """What the registry does not say about a school.

    students:      enrolled at the beginning of a school year
    grades:        grades it offers, -1 for TK
    absence:       added to the log-odds of being absent on a day
    participation: share of its students who answer the survey
    has_halves:    takes attendance daily, but mornings and afternoons apart
    """

    students: int
    grades: tuple[int, ...]
    absence: float
    participation: float = 0.7
    has_halves: bool = False


PROFILES: dict[str, Profile] = {
    "9910101": Profile(330, ELEMENTARY, -0.10),
    "9910102": Profile(320, ELEMENTARY, 0.15),
    "9910103": Profile(300, ELEMENTARY, -0.35),
    "9910104": Profile(310, ELEMENTARY, 0.40, participation=0.18),
    "9910105": Profile(270, ELEMENTARY, -0.55),
    "9910201": Profile(600, MIDDLE, 0.05),
    "9910301": Profile(1010, HIGH, 0.00),
    "9910401": Profile(95, (10, 11, 12), 1.00, participation=0.16),
    "9920101": Profile(310, ELEMENTARY, 0.30),
    "9920102": Profile(280, ELEMENTARY, 0.00),
    "9920103": Profile(290, ELEMENTARY, 0.50),
    "9920104": Profile(270, ELEMENTARY, 0.10),
    "9920201": Profile(470, MIDDLE, 0.20),
    "9930101": Profile(290, ELEMENTARY, -0.40),
    "9930102": Profile(280, ELEMENTARY, -0.55),
    "9930103": Profile(270, ELEMENTARY, -0.15),
    "9930201": Profile(420, MIDDLE, -0.30),
    "9930301": Profile(690, HIGH, -0.30),
    "9940301": Profile(590, HIGH, 0.25),
    "9940302": Profile(440, HIGH, -0.05),
    "9950101": Profile(190, TK_TO_6, 0.10),
    "9950201": Profile(240, JUNIOR_AND_SENIOR_HIGH, 0.10),
    "9960101": Profile(170, ELEMENTARY, -0.20),
    "9960201": Profile(140, MIDDLE, 0.10),
    "9970101": Profile(190, TK_TO_6, 0.00),
    "9970201": Profile(240, JUNIOR_AND_SENIOR_HIGH, 0.20),
    "9980101": Profile(160, ELEMENTARY, 0.25),
    "9980201": Profile(130, MIDDLE, -0.10),
    "9990101": Profile(200, TK_TO_6, 0.20, has_halves=True),
    "9990201": Profile(230, JUNIOR_AND_SENIOR_HIGH, 0.00),
    "9900101": Profile(180, ELEMENTARY, -0.30, has_halves=True),
    "9900201": Profile(130, MIDDLE, 0.15),
}
USUAL_STUDENTS = sum(profile.students for profile in PROFILES.values())
# Below this, some school has too few students for what is planted at it.
FEWEST_STUDENTS = 2_000


@dataclass(frozen=True)
class Place:
    """One school: its codes from the registry, its profile, and what of it is sent.

    number:      the school's number in the student information system, none where it has none
    periods:     instructional periods where attendance is taken by period, none where it is taken daily
    calendar:    name of the calendar that it keeps
    sends_daily: attendance day by day arrives from a student information system
    submits:     attendance arrives in any form; Willow Elementary enrols students and sends none
    authorizer:  the seven digits that begin the school's CDS code; an LEA's own code, but for a charter that reports
                 for itself
    code_set:    whose absence codes the school uses, a key of ``codes.CODE_SETS``
    is_hourly:   attendance is counted in hours, as in continuation schools
    logs_interventions: its district offers interventions and writes them down
    """

    lea: str
    code: str
    number: int | None
    level: str
    periods: int | None
    calendar: str
    sends_daily: bool
    submits: bool
    profile: Profile
    authorizer: str
    code_set: str
    is_hourly: bool = False
    logs_interventions: bool = False

    @property
    def cds_code(self) -> str:
        """County, district and school in 14 digits; a charter's district is the one that authorised it."""
        return self.authorizer + self.code

    @property
    def has_halves(self) -> bool:
        """Attendance is taken daily, but mornings and afternoons are told apart."""
        return self.profile.has_halves


LEA_OF_SCHOOLS = {
    "991": ALDER,
    "992": BIRCH,
    "993": CEDAR,
    "994": DOGWOOD,
    "995": ELM,
    "996": FIR,
    "997": GINKGO,
    "998": HAZEL,
    "999": IRONWOOD,
    "990": JUNIPER,
}


def _place(lea: Lea, code: str, students: int) -> Place:
    school = next((school for school in lea.schools if school.code == code), None)
    if school is None:
        raise SimulationError(
            f"School {code} of LEA {lea.code} is not in the registry. The simulated county is the one of config/: "
            "run it with ATTENDANCE_CONFIG unset, or put the school back."
        )
    return Place(
        lea=lea.code,
        code=code,
        number=school.number,
        level=school.level,
        periods=school.periods,
        calendar=CHARTER if code == CHARTER else lea.code,
        sends_daily=bool(set(SYSTEMS) & set(lea.sends)) and code != WILLOW,
        submits=code != WILLOW,
        profile=replace(PROFILES[code], students=round(PROFILES[code].students * students / USUAL_STUDENTS)),
        authorizer=lea.code,
        code_set=CHARTER if code == CHARTER else lea.code,
        is_hourly=code in HOURLY,
        logs_interventions="interventions" in lea.sends,
    )


def lea_of(code: str) -> str:
    """The LEA of an invented school: 9910101 belongs to 1999001."""
    return LEA_OF_SCHOOLS[code[:3]]


def places_of(registry: Registry, students: int = USUAL_STUDENTS) -> tuple[Place, ...]:
    """All simulated schools, by code, for so many students in all when a school year begins.

    LEAs of the registry that are not simulated are left alone. Raises SimulationError where one of the invented LEAs or
    a school of theirs is missing, or where the students are too few.
    """
    if students < FEWEST_STUDENTS:
        raise SimulationError(
            f"A county of {students} students cannot be simulated: its schools would be too small for what is planted "
            f"at them. Ask for {FEWEST_STUDENTS} or more."
        )
    leas = {lea.code: lea for lea in registry.leas}
    if missing := sorted(set(LEA_OF_SCHOOLS.values()) - set(leas)):
        raise SimulationError(
            f"LEA {', '.join(missing)} is not in the registry. The simulated county is the one of config/: "
            "run it with ATTENDANCE_CONFIG unset, or put the LEA back."
        )
    return tuple(_place(leas[lea_of(code)], code, students) for code in sorted(PROFILES))


def scaled(count: int, places: tuple[Place, ...]) -> int:
    """So many of something that a county of the usual size has ``count`` of; at least one."""
    return max(1, round(count * sum(place.profile.students for place in places) / USUAL_STUDENTS))


def texts_of(places: tuple[Place, ...], value: Callable[[Place], str]) -> Texts:
    """One text for each school, to be indexed by the school's position."""
    return texts(map(value, places))


def numbers_of(places: tuple[Place, ...], value: Callable[[Place], int]) -> Ints:
    """One whole number for each school, to be indexed by the school's position."""
    return np.array([value(place) for place in places], dtype=np.int64)


def measures_of(places: tuple[Place, ...], value: Callable[[Place], float]) -> Floats:
    """One number for each school, to be indexed by the school's position."""
    return np.array([value(place) for place in places], dtype=np.float64)


def position(places: tuple[Place, ...], code: str) -> int:
    """Where a school stands among the places."""
    return next(index for index, place in enumerate(places) if place.code == code)
