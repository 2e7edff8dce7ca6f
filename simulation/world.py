"""The county year by year: people, stints, days and interventions, before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simulation.arrays import Dates, Ints, Texts, length, numbers_as_text, stack, stream, take, texts
from simulation.attendance import Daily, live
from simulation.calendars import Calendar, calendars_of, start_year_of
from simulation.cohorts import Cohort, first_cohort, next_cohort
from simulation.people import People, a_year_later, invent, joined
from simulation.places import (
    ALDER,
    BIRCH,
    CEDAR,
    DOGWOOD,
    ELM,
    FIR,
    GINKGO,
    HAZEL,
    IRONWOOD,
    JUNIPER,
    Place,
    numbers_of,
    texts_of,
)
from simulation.planted import (
    PlantedCase,
    dip_cases,
    figure_cases,
    figures_cohort,
    figures_stints,
    with_dips,
    with_figures,
    with_unmapped,
    year_cases,
)
from simulation.stints import Stints, days_matrix, ordinary_stints

# The first permanent id of each district. Cedar's system pads its ids with zeros, which belong to them.
FIRST_LOCAL_ID = {
    ALDER: 100_001,
    BIRCH: 40_001,
    CEDAR: 2_001,
    DOGWOOD: 510_001,
    ELM: 20_001,
    FIR: 61_001,
    GINKGO: 330_001,
    HAZEL: 7_001,
    IRONWOOD: 905_001,
    JUNIPER: 81_001,
}
PADDED = {CEDAR: "000"}


@dataclass(frozen=True)
class Year:
    """One school year. people: as they were then; days: dates of the school days, schools by days."""

    school_year: str
    start_year: int
    is_last: bool
    calendars: dict[str, Calendar]
    days: Dates
    people: People
    stints: Stints
    daily: Daily
    planted: tuple[PlantedCase, ...]


@dataclass(frozen=True)
class Identity:
    """What the senders call a student: stints in the order of ``world``'s years, one array per year.

    local_id:       the district's permanent id (Aeries STU.ID, PowerSchool student_number, CALPADS local student id)
    student_number: the number at the school (Aeries SN)
    """

    local_id: tuple[Texts, ...]
    student_number: tuple[Texts, ...]


@dataclass(frozen=True)
class World:
    """Everything that the writers need."""

    places: tuple[Place, ...]
    years: tuple[Year, ...]
    identity: Identity


def _invented(rng: np.random.Generator, places: tuple[Place, ...], cohort: Cohort, year: int) -> People:
    leas = texts_of(places, lambda place: place.lea)[cohort.place]
    return invent(rng, int(cohort.person[0]) if len(cohort.person) else 0, leas, cohort.grade, year)


def _grown(
    seed: int, places: tuple[Place, ...], school_year: str, before: tuple[People, Cohort] | None
) -> tuple[People, Cohort]:
    """The people of a year and who is where at its beginning; newcomers stand behind those of the year before."""
    year = start_year_of(school_year)
    rng = stream(seed, "people", school_year)
    if before is None:
        cohort = first_cohort(places, year)
        return _invented(rng, places, cohort, year), cohort
    people, cohort = before
    known = length(people)
    cohort = next_cohort(stream(seed, "cohort", school_year), places, cohort, year, known)
    newcomers = _invented(rng, places, take(cohort, cohort.person >= known), year)
    return joined(a_year_later(rng, people), newcomers), cohort


def _with_figures(
    seed: int, places: tuple[Place, ...], school_year: str, people: People, stints: Stints
) -> tuple[People, Stints, Cohort]:
    cohort = figures_cohort(places, length(people))
    newcomers = _invented(stream(seed, "figures", school_year), places, cohort, start_year_of(school_year))
    return joined(people, newcomers), stack([stints, figures_stints(places, cohort)]), cohort


def _year(
    seed: int, places: tuple[Place, ...], school_year: str, people: People, cohort: Cohort, *, is_last: bool
) -> Year:
    """One year; the planted students, the storm and the unmapped code come in the last one."""
    start_year = start_year_of(school_year)
    calendars = calendars_of(school_year, storm=is_last)
    days = days_matrix(places, calendars)
    stints = ordinary_stints(stream(seed, "stints", school_year), places, cohort, calendars)
    cases: list[PlantedCase] = []
    if is_last:
        people, stints, figures = _with_figures(seed, places, school_year, people, stints)
        cases += figure_cases(school_year, figures, people.ssid)
    offering = np.array([place.logs_interventions for place in places])
    rng = stream(seed, "days", school_year)
    daily = live(rng, people, stints, places, days=days, start_year=start_year, offers_interventions=offering)
    if is_last:
        rng = stream(seed, "planted", school_year)
        states = with_unmapped(rng, with_figures(rng, daily.states, stints, days), stints, places, days)
        states = with_dips(stream(seed, "dips", school_year), states, stints, places)
        daily = replace(daily, states=states)
        cases += dip_cases(school_year, states, stints, places)
    cases += year_cases(school_year, stints, daily.states, places, people.ssid)
    return Year(school_year, start_year, is_last, calendars, days, people, stints, daily, tuple(cases))


def _rank_by_first_use(groups: Ints, members: Ints) -> Ints:
    """For each row the rank, from 0, at which its member first appears in its group."""
    pairs, first_use, back = np.unique(
        np.stack([groups, members], axis=1), axis=0, return_index=True, return_inverse=True
    )
    order = np.lexsort((first_use, pairs[:, 0]))
    ranks = np.empty(len(pairs), dtype=np.int64)
    group = pairs[order, 0]
    starts = np.concatenate([[0], np.flatnonzero(group[1:] != group[:-1]) + 1])
    ranks[order] = np.arange(len(pairs)) - np.repeat(starts, np.diff(np.append(starts, len(pairs))))
    return np.asarray(ranks[back.reshape(-1)])


def _identity(places: tuple[Place, ...], stints: list[Stints]) -> Identity:
    """Number students once in each district and once in each school, over all years, as they first appear."""
    codes = sorted(FIRST_LOCAL_ID)
    lea_number = numbers_of(places, lambda place: codes.index(place.lea))
    person = np.concatenate([each.person for each in stints])
    place = np.concatenate([each.place for each in stints])
    lea = lea_number[place]
    first = np.array([FIRST_LOCAL_ID[code] for code in codes], dtype=np.int64)
    zeros = texts(PADDED.get(code, "") for code in codes)
    local = zeros[lea] + numbers_as_text(first[lea] + _rank_by_first_use(lea, person))
    number = numbers_as_text(1 + _rank_by_first_use(place, person))
    ends = np.cumsum([length(each) for each in stints])[:-1]
    return Identity(tuple(np.split(local, ends)), tuple(np.split(number, ends)))


def simulate_world(
    places: tuple[Place, ...], seed: int, school_years: tuple[str, ...], progress: Callable[[str], None]
) -> World:
    """Let the county live through the school years."""
    years: list[Year] = []
    before: tuple[People, Cohort] | None = None
    for school_year in school_years:
        progress(f"{school_year}: students, stints and days")
        people, cohort = _grown(seed, places, school_year, before)
        before = (people, cohort)
        years.append(_year(seed, places, school_year, people, cohort, is_last=school_year == school_years[-1]))
    return World(places, tuple(years), _identity(places, [year.stints for year in years]))
