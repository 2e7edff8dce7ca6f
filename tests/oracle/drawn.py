"""Tiny counties as hypothesis draws them: a few students at the edges of the rules, in the files of any system.

Two districts, each on one of four systems. What is drawn is what makes files break rules: stints that overlap, end on
their first day or never began, an enrolment at a second school, a school that goes silent, days off that are none,
parts of days, codes that nobody explains. Around each stint lie the two edges: 30 and 31 days expected, and a tenth of
the days absent or one day less. How it looks in a file is written in ``files``; what a system cannot tell is told as
well as it can be, since what is compared is what stands in the files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

SYSTEMS = ("aeries", "powerschool", "infinite_campus", "synergy")
# Weekdays from the first school day on; on the last day of all, somebody is late at each school that is not silent.
DAYS = tuple(
    date(2023, 8, 14) + timedelta(days=each)
    for each in range(98)
    if (date(2023, 8, 14) + timedelta(each)).weekday() < 5
)
ABSENT = ("excused", "unexcused", "unverified", "oss", "no_study")
ATTENDED = ("iss", "study", "tardy")
KINDS = (*ABSENT, *ATTENDED, "unmapped")
GRADES = ("01", "TK", "KN", "01", "12", "01", "PS")
NO_SHOW = "N470"


@dataclass(frozen=True)
class School:
    """A school. periods: none where attendance is taken daily; is_silent: nobody is late on the last day of all."""

    lea: str
    code: str
    number: int
    periods: int | None
    is_silent: bool = False

    @property
    def parts(self) -> int:
        """Parts of a day that are marked: morning and afternoon where attendance is taken daily."""
        return self.periods or 2


@dataclass(frozen=True)
class Stay:
    """A student's stint: positions among the schools and the days. status: CALPADS enrolment status."""

    school: int
    first: int
    last: int
    status: str
    reason: str
    is_open: bool


@dataclass(frozen=True)
class Mark:
    """What was marked of a day: one of KINDS for each part, blank where the student was there.

    letters: by what a row of Infinite Campus tells it: its code, its own letters, or both, which do not agree
    """

    school: int
    day: int
    parts: tuple[str, ...]
    letters: str

    @property
    def is_whole(self) -> bool:
        """All parts are marked alike."""
        return len(set(self.parts)) == 1


@dataclass(frozen=True)
class Student:
    """A student, with an SSID or without. exempt: schools at which attendance is not collected."""

    has_ssid: bool
    grade: str
    stays: tuple[Stay, ...]
    marks: tuple[Mark, ...]
    exempt: frozenset[int]


@dataclass(frozen=True)
class District:
    """A district, its system, and what a leave date means in it."""

    code: str
    system: str
    leave_date: str


@dataclass(frozen=True)
class County:
    """What is sent. closed, minimum: (school, day) without school, and with a short day, which is a school day."""

    districts: tuple[District, ...]
    schools: tuple[School, ...]
    closed: frozenset[tuple[int, int]]
    minimum: frozenset[tuple[int, int]]
    students: tuple[Student, ...]


LEAS = ("9999001", "9999002")
PLACES = (
    School(LEAS[0], "9999101", 1, None),
    School(LEAS[0], "9999102", 2, 2),
    School(LEAS[0], "9999103", 3, None, is_silent=True),
    School(LEAS[1], "9999201", 1, None),
)
# School days of a stint: at the edges, and where a tenth is a whole number of days.
LENGTHS = st.one_of(st.sampled_from((31, 30, 40, 50, 60, 1)), st.integers(1, len(DAYS)))


@st.composite
def _stays(draw: st.DrawFn, closed: frozenset[tuple[int, int]], *, has_ssid: bool) -> tuple[Stay, ...]:
    """One to three stints; of two, one always precedes the other: equal status and start leave that open."""
    stays: dict[tuple[str, int], Stay] = {}
    for _ in range(draw(st.integers(1, 3))):
        first = draw(st.one_of(st.just(0), st.integers(0, len(DAYS) - 1)))
        school = draw(st.sampled_from((0, 1, 0, 1, 0, 1, 2, 3)))
        held = [day for day in range(first, len(DAYS)) if (school, day) not in closed]
        last = held[min(draw(LENGTHS), len(held)) - 1]
        status = draw(st.sampled_from(("10", "10", "10", "10", "30", "30", "20"))) if has_ssid else "10"
        reason = draw(st.sampled_from(("E155", "T160", "E150", "", "T160", "E150", NO_SHOW)))
        is_open = last == len(DAYS) - 1 and draw(st.booleans())
        taken = any(stay.first == first and (stay.school == school or stay.status == status) for stay in stays.values())
        if not taken:
            stays[status, first] = Stay(school, first, last, status, reason, is_open)
    return tuple(stays.values())


@st.composite
def _marks(draw: st.DrawFn, stays: tuple[Stay, ...], closed: frozenset[tuple[int, int]]) -> tuple[Mark, ...]:
    """A tenth of each stint's days missed, or one less, or none; and a few marks on any day at all."""
    marks: dict[tuple[int, int], Mark] = {}

    def mark(school: int, day: int, parts: tuple[str, ...]) -> None:
        letters = draw(st.sampled_from(("code", "code", "row", "both")))
        marks[school, day] = Mark(school, day, parts, letters)

    for stay in stays:
        held = [day for day in range(stay.first, stay.last + 1) if (stay.school, day) not in closed]
        tenth = -(-len(held) // 10)
        missed = draw(st.sampled_from((tenth, tenth, tenth - 1, 0, len(held))))
        kind = draw(st.sampled_from(ABSENT))
        for day in held[: max(missed, 0)]:
            mark(stay.school, day, (kind,) * PLACES[stay.school].parts)
    schools = st.sampled_from(sorted({stay.school for stay in stays}))
    for _ in range(draw(st.sampled_from((0, 0, 1, 2, 4)))):
        school = draw(schools)
        one = st.sampled_from(("", "unmapped", *KINDS))
        parts = tuple(draw(one) for _ in range(PLACES[school].parts))
        if any(parts):
            mark(school, draw(st.integers(0, len(DAYS) - 1)), parts)
    return tuple(marks[key] for key in sorted(marks))


@st.composite
def _students(draw: st.DrawFn, closed: frozenset[tuple[int, int]]) -> Student | None:
    """One student; rarely none, towards which hypothesis shrinks."""
    if draw(st.integers(0, 19)) == 0:
        return None
    has_ssid = draw(st.sampled_from((True, True, True, False)))
    stays = draw(_stays(closed, has_ssid=has_ssid))
    at = sorted({stay.school for stay in stays})
    exempt = draw(st.sampled_from((None, None, None, *at))) if has_ssid else None
    return Student(
        has_ssid=has_ssid,
        grade=draw(st.sampled_from(GRADES)),
        stays=stays,
        marks=draw(_marks(stays, closed)),
        exempt=frozenset() if exempt is None else frozenset({exempt}),
    )


@st.composite
def counties(draw: st.DrawFn, system: str) -> County:
    """A county of a dozen students or two, whose first district is on that system."""
    leave_dates = st.sampled_from(("last_day", "day_after"))
    districts = (
        District(LEAS[0], system, draw(leave_dates)),
        District(LEAS[1], draw(st.sampled_from(SYSTEMS)), draw(leave_dates)),
    )
    some_days = st.frozensets(st.tuples(st.integers(0, len(PLACES) - 1), st.integers(0, len(DAYS) - 2)), max_size=8)
    closed, minimum = draw(some_days), draw(some_days)
    students = [student for student in draw(st.lists(_students(closed), min_size=12, max_size=24)) if student]
    return County(districts, PLACES, closed, minimum - closed, tuple(students))
