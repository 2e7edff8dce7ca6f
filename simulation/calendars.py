"""School calendars: 180 school days a year for each district, and for the charter school one of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from simulation.arrays import Dates, Ints, Texts, constant
from simulation.places import (
    ALDER,
    BIRCH,
    CEDAR,
    CHARTER,
    DOGWOOD,
    ELM,
    FIR,
    GINKGO,
    HAZEL,
    IRONWOOD,
    JUNIPER,
)

SCHOOL_DAYS = 180
MONDAY, THURSDAY = 0, 3

LEGAL_HOLIDAY, RECESS, STAFF_DAY, EMERGENCY = "H", "V", "S", "E"


@dataclass(frozen=True)
class Plan:
    """How a district sets its calendar.

    first_day:         days after the first Monday on or after 13 August
    thanksgiving_week: the whole week is free, otherwise Thursday and Friday
    winter_weeks:      weeks of winter break
    staff_days:        days after the first day of school on which only staff come
    """

    first_day: int
    thanksgiving_week: bool
    winter_weeks: int
    staff_days: tuple[int, ...]


PLANS: dict[str, Plan] = {
    ALDER: Plan(0, thanksgiving_week=True, winter_weeks=3, staff_days=(53,)),
    CHARTER: Plan(2, thanksgiving_week=True, winter_weeks=2, staff_days=(53, 172)),
    BIRCH: Plan(1, thanksgiving_week=True, winter_weeks=2, staff_days=(60, 151)),
    CEDAR: Plan(7, thanksgiving_week=False, winter_weeks=2, staff_days=(46,)),
    DOGWOOD: Plan(-5, thanksgiving_week=True, winter_weeks=3, staff_days=(70,)),
    ELM: Plan(1, thanksgiving_week=True, winter_weeks=2, staff_days=(66,)),
    FIR: Plan(2, thanksgiving_week=False, winter_weeks=2, staff_days=(44, 168)),
    GINKGO: Plan(0, thanksgiving_week=True, winter_weeks=2, staff_days=(56, 74)),
    HAZEL: Plan(-5, thanksgiving_week=True, winter_weeks=2, staff_days=(63,)),
    IRONWOOD: Plan(3, thanksgiving_week=True, winter_weeks=3, staff_days=(50,)),
    JUNIPER: Plan(7, thanksgiving_week=True, winter_weeks=2, staff_days=(63,)),
}


@dataclass(frozen=True)
class Calendar:
    """One school year of one calendar.

    days:       the 180 school days
    weekdays:   all weekdays from the first to the last school day
    holiday:    for each weekday its holiday code, blank in session
    school_day: for each weekday its school-day number from 1, 0 when out of session
    """

    days: Dates
    weekdays: Dates
    holiday: Texts
    school_day: Ints


def start_year_of(school_year: str) -> int:
    """2023 for "2023-24"."""
    return int(school_year[:4])


def on_or_after(day: date, weekday: int) -> date:
    """The first such weekday (0 is Monday) on or after a day."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _observed(day: date) -> date:
    """A holiday on a Saturday is observed on Friday, on a Sunday on Monday."""
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _run(first: date, days: int) -> list[date]:
    return [first + timedelta(days=step) for step in range(days)]


def emergency_closure(start_year: int) -> date:
    """The storm day: the first Monday of February."""
    return on_or_after(date(start_year + 1, 2, 1), MONDAY)


def _holidays(plan: Plan, start_year: int, first_day: date, closed: tuple[date, ...]) -> dict[date, str]:
    """Every weekday without school, with its code; the later entry wins."""
    spring = start_year + 1
    thanksgiving = on_or_after(date(start_year, 11, 22), THURSDAY)
    free_days = 3 if plan.thanksgiving_week else 0
    winter = on_or_after(date(start_year, 12, 18), MONDAY)
    legal = [
        on_or_after(date(start_year, 9, 1), MONDAY),
        _observed(date(start_year, 11, 11)),
        thanksgiving,
        _observed(date(spring, 1, 1)),
        on_or_after(date(spring, 1, 15), MONDAY),
        on_or_after(date(spring, 2, 15), MONDAY),
        on_or_after(date(spring, 5, 25), MONDAY),
        _observed(date(spring, 6, 19)),
    ]
    recess = [
        *_run(thanksgiving - timedelta(days=free_days), free_days + 2),
        *_run(winter, 7 * plan.winter_weeks),
        *_run(on_or_after(date(spring, 3, 25), MONDAY), 5),
    ]
    staff = [first_day + timedelta(days=after) for after in plan.staff_days]
    coded = ((recess, RECESS), (staff, STAFF_DAY), (legal, LEGAL_HOLIDAY), (closed, EMERGENCY))
    return {day: code for days, code in coded for day in days}


def build_calendar(plan: Plan, start_year: int, closed: tuple[date, ...] = ()) -> Calendar:
    """A calendar of exactly 180 school days; a day lost to an emergency is made up at the end."""
    first_day = on_or_after(date(start_year, 8, 13), MONDAY) + timedelta(days=plan.first_day)
    holidays = _holidays(plan, start_year, first_day, closed)
    weekdays = [day for day in _run(first_day, 330) if day.weekday() < 5]
    in_session = np.array([day not in holidays for day in weekdays])
    last = int(np.flatnonzero(in_session)[SCHOOL_DAYS - 1]) + 1
    in_session = in_session[:last]
    holiday = constant("", last)
    for index in np.flatnonzero(~in_session).tolist():
        holiday[index] = holidays[weekdays[index]]
    dates = np.array(weekdays[:last], dtype="datetime64[D]")
    numbers = np.where(in_session, np.cumsum(in_session), 0).astype(np.int64)
    return Calendar(days=dates[in_session], weekdays=dates, holiday=holiday, school_day=numbers)


def calendars_of(school_year: str, *, storm: bool) -> dict[str, Calendar]:
    """All calendars of a school year by name; the storm closes Alder's schools, its charter included."""
    year = start_year_of(school_year)
    closed = (emergency_closure(year),) if storm else ()
    return {
        name: build_calendar(plan, year, closed if name in {ALDER, CHARTER} else ()) for name, plan in PLANS.items()
    }
