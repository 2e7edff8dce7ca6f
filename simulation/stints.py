"""When students come and leave: most stay all year, some move, a few do what district files are known for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from simulation.arrays import Dates, Flags, Ints, Texts, choose, constant, stack, take
from simulation.calendars import SCHOOL_DAYS, Calendar
from simulation.cohorts import Cohort, offered
from simulation.places import DOGWOOD, ELM, FIR, GINKGO, HAZEL, IRONWOOD, JUNIPER, Place, scaled, texts_of

LAST_DAY = SCHOOL_DAYS - 1
PRIMARY, SECONDARY, SHORT_TERM = "10", "20", "30"
YEAR_END, COMPLETED, MOVED, NO_SHOW = "E155", "E230", "T160", "N470"
LEFT_THE_COUNTY = {"T160": 45, "T180": 8, "T200": 22, "T240": 12, "T460": 4, "E140": 5, "E400": 4}


class Role(IntEnum):
    """What becomes of an enrolment that begins a school year."""

    STAYS = 0
    STARTS_LATE = 1
    LEAVES_EARLY = 2
    MOVES_WITHIN = 3
    MOVES_BETWEEN = 4
    EXITS_LATE = 5
    NO_SHOW = 6
    SHORT_TERM = 7
    EXEMPT = 8
    SECONDARY = 9
    RETURNS = 10


# Students of each role in a school year at the usual size; the late starters and early leavers are a share of all.
COUNTS: dict[Role, int] = {
    Role.EXITS_LATE: 6,
    Role.NO_SHOW: 14,
    Role.EXEMPT: 8,
    Role.SECONDARY: 12,
    Role.SHORT_TERM: 16,
    Role.MOVES_WITHIN: 120,
    Role.MOVES_BETWEEN: 80,
    Role.RETURNS: 30,
}
# Districts in which some students leave and come back to the same school in the same year.
WITH_RETURNS = (ELM, FIR, GINKGO, HAZEL, IRONWOOD, JUNIPER)
STARTS_LATE_SHARE, LEAVES_EARLY_SHARE = 0.04, 0.035


@dataclass(frozen=True)
class Stints:
    """One row per stay of a student at a school in one school year.

    person, place: positions among people and places
    grade:         -1 for TK
    first, last:   first and last day expected, as positions among the school's 180 days; last < first for a no-show
    status:        CALPADS enrolment status: 10 primary, 20 secondary, 30 short-term
    reason:        exit reason code
    superseded:    the school day from which a later stint at another school of the district runs as well; 180 for none
    is_no_show:    enrolled, never came: leave date = enter date
    is_exempt:     attendance is not collected for the student (home or hospital instruction)
    planted:       position of the planted student that the stint belongs to, -1 for none
    """

    person: Ints
    place: Ints
    grade: Ints
    first: Ints
    last: Ints
    status: Texts
    reason: Texts
    superseded: Ints
    is_no_show: Flags
    is_exempt: Flags
    planted: Ints


def days_matrix(places: tuple[Place, ...], calendars: dict[str, Calendar]) -> Dates:
    """The dates of each school's 180 days: schools by days."""
    return np.stack([calendars[place.calendar].days for place in places])


def enter_dates(stints: Stints, days: Dates) -> Dates:
    """The first day expected."""
    return np.asarray(days[stints.place, stints.first])


def leave_dates(stints: Stints, days: Dates) -> Dates:
    """The last day expected; for a no-show the enter date."""
    return np.asarray(days[stints.place, np.maximum(stints.first, stints.last)])


def first_day_after(days: Dates, place: Ints, after: Dates) -> Ints:
    """The position of each school's first day later than a date."""
    return np.asarray((days[place] <= after[:, None]).sum(axis=1), dtype=np.int64)


def _destinations(rng: np.random.Generator, places: tuple[Place, ...], cohort: Cohort, *, same_district: bool) -> Ints:
    """Another school that offers the student's grade, in the same or in another district; -1 where there is none."""
    leas = texts_of(places, lambda place: place.lea)
    codes = np.arange(len(places))
    offers = offered(places)
    drawn = rng.random(len(cohort.person))
    result = np.full(len(cohort.person), -1, dtype=np.int64)
    keys = np.stack([cohort.place, cohort.grade], axis=1)
    for place, grade in np.unique(keys, axis=0).tolist():
        district = (leas == leas[place]) if same_district else (leas != leas[place])
        choices = np.flatnonzero(offers[:, grade + 1] & district & (codes != place))
        here = (keys[:, 0] == place) & (keys[:, 1] == grade)
        if len(choices):
            result[here] = choices[(drawn[here] * len(choices)).astype(np.int64)]
    return result


def _sends_daily(places: tuple[Place, ...]) -> Flags:
    return np.array([place.sends_daily for place in places])


def _same_calendar(places: tuple[Place, ...], one: Ints, other: Ints) -> Flags:
    names = texts_of(places, lambda place: place.calendar)
    return np.asarray(names[one] == names[other])


def _eligible(role: Role, places: tuple[Place, ...], cohort: Cohort, within: Ints, between: Ints) -> Flags:
    """Whose enrolment could take a role."""
    daily = _sends_daily(places)
    leas = texts_of(places, lambda place: place.lea)
    if role is Role.MOVES_WITHIN:
        return np.asarray(within >= 0)
    if role is Role.MOVES_BETWEEN:
        return np.asarray(between >= 0)
    if role is Role.EXITS_LATE:
        both_daily = daily[cohort.place] & daily[np.maximum(within, 0)] & (within >= 0)
        return np.asarray(both_daily & _same_calendar(places, cohort.place, within))
    if role is Role.SECONDARY:
        return np.asarray((leas[cohort.place] == DOGWOOD) & (within >= 0))
    if role is Role.RETURNS:
        return np.asarray(np.isin(leas[cohort.place].astype(str), WITH_RETURNS))
    return np.ones(len(cohort.person), dtype=np.bool_)


def _roles(rng: np.random.Generator, places: tuple[Place, ...], cohort: Cohort, within: Ints, between: Ints) -> Ints:
    rows = len(cohort.person)
    roles = np.full(rows, int(Role.STAYS), dtype=np.int64)
    wanted = {role: scaled(count, places) for role, count in COUNTS.items()} | {
        Role.STARTS_LATE: round(STARTS_LATE_SHARE * rows),
        Role.LEAVES_EARLY: round(LEAVES_EARLY_SHARE * rows),
    }
    for role, count in wanted.items():
        free = np.flatnonzero((roles == Role.STAYS) & _eligible(role, places, cohort, within, between))
        roles[rng.choice(free, size=count, replace=False)] = int(role)
    return roles


def _first_legs(rng: np.random.Generator, cohort: Cohort, roles: Ints) -> Stints:
    rows = len(roles)

    def between(low: int, high: int) -> Ints:
        return rng.integers(low, high, rows)

    first = np.where(roles == Role.STARTS_LATE, between(5, 150), 0)
    first = np.where(roles == Role.SHORT_TERM, between(10, 140), first)
    moves = np.isin(roles, [Role.MOVES_WITHIN, Role.MOVES_BETWEEN, Role.EXITS_LATE])
    last = np.where(moves, between(15, 150), LAST_DAY)
    last = np.where(roles == Role.LEAVES_EARLY, between(15, 170), last)
    last = np.where(roles == Role.RETURNS, between(15, 120), last)
    last = np.where(roles == Role.SHORT_TERM, first + between(7, 25), last)
    last = np.where(roles == Role.NO_SHOW, first - 1, last)
    reason = np.where(cohort.grade == 12, COMPLETED, YEAR_END)
    reason = np.where(moves | np.isin(roles, [Role.SHORT_TERM, Role.RETURNS]), MOVED, reason)
    reason = np.where(roles == Role.LEAVES_EARLY, choose(rng, LEFT_THE_COUNTY, rows), reason)
    reason = np.where(roles == Role.NO_SHOW, NO_SHOW, reason)
    return Stints(
        person=cohort.person,
        place=cohort.place,
        grade=cohort.grade,
        first=first,
        last=last,
        status=np.where(roles == Role.SHORT_TERM, SHORT_TERM, PRIMARY).astype(object),
        reason=reason.astype(object),
        superseded=np.full(rows, SCHOOL_DAYS, dtype=np.int64),
        is_no_show=roles == Role.NO_SHOW,
        is_exempt=roles == Role.EXEMPT,
        planted=np.full(rows, -1, dtype=np.int64),
    )


def _second_legs(before: Stints, destination: Ints, days: Dates) -> Stints:
    """The stay at the next school, from its first day after the last day at the one before to the end of the year."""
    rows = len(destination)
    return replace(
        before,
        place=destination,
        first=first_day_after(days, destination, leave_dates(before, days)),
        last=np.full(rows, LAST_DAY, dtype=np.int64),
        reason=np.where(before.grade == 12, COMPLETED, YEAR_END).astype(object),
    )


def _returns(rng: np.random.Generator, before: Stints) -> Stints:
    """The stay at the same school, one to six weeks later, to the end of the year."""
    rows = len(before.person)
    return replace(
        before,
        first=before.last + rng.integers(6, 31, rows),
        last=np.full(rows, LAST_DAY, dtype=np.int64),
        reason=np.where(before.grade == 12, COMPLETED, YEAR_END).astype(object),
    )


def _exit_late(rng: np.random.Generator, stints: Stints, late: Flags) -> Stints:
    """Leave the record of the old school open for one to two weeks after the student has gone."""
    superseded = np.where(late, stints.last + 1, stints.superseded)
    overrun = rng.integers(5, 11, len(stints.person))
    return replace(stints, last=np.where(late, stints.last + overrun, stints.last), superseded=superseded)


def ordinary_stints(
    rng: np.random.Generator, places: tuple[Place, ...], cohort: Cohort, calendars: dict[str, Calendar]
) -> Stints:
    """The stints of a school year. Movers' second stays stand behind everybody's first ones."""
    days = days_matrix(places, calendars)
    within = _destinations(rng, places, cohort, same_district=True)
    between = _destinations(rng, places, cohort, same_district=False)
    roles = _roles(rng, places, cohort, within, between)
    first_legs = _first_legs(rng, cohort, roles)
    moves_within = np.isin(roles, [Role.MOVES_WITHIN, Role.EXITS_LATE])
    moves_between = roles == Role.MOVES_BETWEEN
    concurrent = roles == Role.SECONDARY
    second_school = replace(
        take(first_legs, concurrent),
        place=within[concurrent],
        status=constant(SECONDARY, int(concurrent.sum())),
        reason=constant(YEAR_END, int(concurrent.sum())),
    )
    return stack(
        [
            _exit_late(rng, first_legs, roles == Role.EXITS_LATE),
            _second_legs(take(first_legs, moves_within), within[moves_within], days),
            _second_legs(take(first_legs, moves_between), between[moves_between], days),
            second_school,
            _returns(rng, take(first_legs, roles == Role.RETURNS)),
        ]
    )
