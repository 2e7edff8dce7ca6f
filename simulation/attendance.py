"""What happened on each expected day: absences in spells, their reasons, and the days that were partly attended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.arrays import Dates, Flags, Floats, Ints, States, stack
from simulation.calendars import SCHOOL_DAYS
from simulation.codes import State
from simulation.interventions import CHECKPOINTS, KINDS, Chances, Offers, no_offers, offer, with_effect
from simulation.people import People, is_disadvantaged, is_foster, is_homeless
from simulation.places import Place, measures_of
from simulation.stints import Stints

# Log-odds of being absent on a day. Tuned so that chronic absence comes out like the county's published rates.
BASE = -3.4
SPREAD = 0.82
BEFORE_2023 = 0.14
BY_GRADE = (0.42, 0.30, 0.05, 0.0, -0.05, -0.1, -0.1, 0.0, 0.05, 0.05, 0.22, 0.28, 0.36, 0.52)
BY_RACE = {
    "RB": 0.42, "RP": 0.38, "RI": 0.3, "RH": 0.06, "RD": 0.0, "RT": -0.2, "RW": -0.22, "RF": -0.6, "RA": -0.95,
}  # fmt: skip
DISADVANTAGED, HOMELESS, FOSTER, DISABILITY, MIGRANT = 0.34, 0.62, 0.6, 0.38, -0.5
# An absence yesterday raises the chance of one today: illness and trouble last for days.
PERSISTENCE = 0.35
LIKELIEST = 0.97
# Drawn without a look at interventions, and laid over what they change.
LAID_OVER = (
    State.OUT_OF_SCHOOL_SUSPENSION,
    State.IN_SCHOOL_SUSPENSION,
    State.INDEPENDENT_STUDY,
    State.INCOMPLETE_INDEPENDENT_STUDY,
)
BY_WEEKDAY = (1.12, 0.94, 0.92, 0.97, 1.14)
BY_MONTH = {1: 1.12, 2: 1.12, 12: 1.15, 8: 0.8, 9: 0.88, 6: 1.1}


@dataclass(frozen=True)
class Daily:
    """The days of a school year: a State for each stint by school day, the interventions, and what they changed.

    chances: none where nobody asks for the truth
    """

    states: States
    offers: Offers
    chances: Chances | None = None


def inside_of(first: Ints, last: Ints) -> Flags:
    """Which school days lie from a first to a last one, both included: rows by days."""
    days = np.arange(SCHOOL_DAYS)
    return np.asarray((days >= first[:, None]) & (days <= last[:, None]))


def expected(stints: Stints) -> Flags:
    """Which school days a stint expects: stints by days."""
    return inside_of(stints.first, stints.last)


def chance_of_absence(people: People, stints: Stints, places: tuple[Place, ...], start_year: int) -> Floats:
    """Each stint's chance of being absent on an ordinary day."""
    person = stints.person
    by_race = np.array([BY_RACE[category] for category in people.race_category.tolist()])
    odds = (
        BASE
        + measures_of(places, lambda place: place.profile.absence)[stints.place]
        + np.array(BY_GRADE)[stints.grade + 1]
        + by_race[person]
        + DISADVANTAGED * is_disadvantaged(people, start_year)[person]
        + HOMELESS * is_homeless(people, start_year)[person]
        + FOSTER * is_foster(people)[person]
        + DISABILITY * people.has_disability[person]
        + MIGRANT * people.is_migrant[person]
        + SPREAD * people.frailty[person]
        + (BEFORE_2023 if start_year < 2023 else 0.0)
    )
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def day_weights(days: Dates) -> Floats:
    """How much more or less is missed on a day, by weekday, month and the day before a break: schools by days."""
    weekday = (days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    month = days.astype("datetime64[M]").astype(np.int64) % 12
    by_month = np.array([BY_MONTH.get(each + 1, 1.0) for each in range(12)])
    gap = np.diff(days, axis=1, append=days[:, -1:] + np.timedelta64(9, "D")).astype(np.int64)
    before_a_break = np.where(gap > 4, 1.3, 1.0)
    return np.asarray(np.array(BY_WEEKDAY)[weekday] * by_month[month] * before_a_break)


def reasons(rng: np.random.Generator, chance: Floats, is_older: Flags) -> States:
    """A reason for each stint and day on which a spell could begin; the more is missed, the less is excused."""
    unexcused = np.clip(0.22 + 0.15 * is_older + 1.3 * chance, 0.0, 0.8)[:, None]
    drawn = rng.random((len(chance), SCHOOL_DAYS), dtype=np.float32)
    unverified = drawn > 1.0 - 0.12 * unexcused
    return np.where(unverified, State.UNVERIFIED, np.where(drawn < unexcused, State.UNEXCUSED, State.EXCUSED)).astype(
        np.uint8
    )


def _spells(
    rng: np.random.Generator, stints: Stints, chance: Floats, weights: Floats, reachable: Flags
) -> tuple[Flags, Offers, Chances]:
    """Absent days day by day, with interventions offered along the way and acting from then on."""
    inside = expected(stints)
    drawn = rng.random(inside.shape, dtype=np.float32)
    effects = np.ones(inside.shape)
    absent = np.zeros(inside.shape, dtype=np.bool_)
    yesterday = np.zeros(len(chance), dtype=np.bool_)
    offers = [no_offers()]
    for day in range(SCHOOL_DAYS):
        if day in CHECKPOINTS:
            so_far = absent[:, :day].sum(axis=1), inside[:, :day].sum(axis=1)
            offers.append(offer(rng, day, *so_far, last=stints.last, reachable=reachable))
            effects = with_effect(effects, offers[-1])
        today = np.minimum(chance * weights[stints.place, day] * effects[:, day], LIKELIEST)
        threshold = np.where(yesterday, today + PERSISTENCE * (1 - today), today * (1 - PERSISTENCE))
        yesterday = inside[:, day] & (drawn[:, day] < threshold)
        absent[:, day] = yesterday
    every = stack(offers)
    daily = chance[every.stint][:, None] * weights[stints.place[every.stint]]
    return absent, every, _chances(every, daily, effects[every.stint], inside[every.stint], absent[every.stint])


def _chances(offers: Offers, daily: Floats, effects: Floats, inside: Flags, absent: Flags) -> Chances:
    """What each offer truly changed: the spells' own chances, carried on from the day before it began.

    daily: the chance on each day without any intervention; effects: those of all the student's interventions together;
    inside, absent: days expected and missed. All of them by offers and school days. Nothing is drawn.
    """
    alone = np.array([kind.effect for kind in KINDS])[offers.kind][:, None]
    told = []
    for factors in (effects, effects / alone):
        today = np.minimum(daily * factors, LIKELIEST)
        chances = np.zeros(daily.shape)
        yesterday = np.zeros(len(offers.start))
        for day in range(SCHOOL_DAYS):
            # absent again with today + PERSISTENCE * (1 - today), for the first time with today * (1 - PERSISTENCE)
            carried = today[:, day] * (1 - PERSISTENCE) + PERSISTENCE * yesterday
            yesterday = np.where(day < offers.start, absent[:, day], np.where(inside[:, day], carried, 0.0))
            chances[:, day] = np.where(day < offers.start, 0.0, yesterday)
        told.append(chances)
    return Chances(with_it=told[0], without=told[1])


def _unless_laid_over(chances: Chances, offers: Offers, states: States) -> Chances:
    """The same, but for days on which something else decided: on them an intervention changes nothing."""
    other = np.isin(states[offers.stint], [int(state) for state in LAID_OVER])
    return Chances(with_it=np.where(other, 0.0, chances.with_it), without=np.where(other, 0.0, chances.without))


def carry_reason(absent: Flags, reason: States) -> States:
    """The reason with which a spell begins lasts until it ends."""
    before = np.concatenate([np.zeros((len(absent), 1), dtype=np.bool_), absent[:, :-1]], axis=1)
    begins = np.where(absent & ~before, np.arange(SCHOOL_DAYS), 0)
    start = np.maximum.accumulate(begins, axis=1)
    return np.where(absent, np.take_along_axis(reason, start, axis=1), State.PRESENT).astype(np.uint8)


def _overlay_spell(
    rng: np.random.Generator, states: States, stints: Stints, who: Flags, *, lengths: tuple[int, int], state: Ints
) -> States:
    """Put one spell of a state, as long as drawn, somewhere into the chosen stints."""
    rows = np.flatnonzero(who & (stints.last - stints.first >= 30))
    begin = stints.first[rows] + np.floor(rng.random(len(rows)) * (stints.last[rows] - stints.first[rows])).astype(int)
    end = begin + rng.integers(lengths[0], lengths[1] + 1, len(rows))
    days = np.arange(SCHOOL_DAYS)
    inside = (days >= begin[:, None]) & (days < end[:, None]) & (days <= stints.last[rows][:, None])
    changed = states.copy()
    changed[rows] = np.where(inside, state[rows][:, None], states[rows])
    return changed


def _suspensions_and_studies(rng: np.random.Generator, states: States, stints: Stints, chance: Floats) -> States:
    """Suspensions at home and at school, and independent study done or not done."""
    rows = len(chance)
    older = stints.grade >= 6
    suspended = rng.random(rows) < np.where(older, 0.03, 0.006) * (0.6 + 5 * chance)
    kind = np.where(rng.random(rows) < 0.7, State.OUT_OF_SCHOOL_SUSPENSION, State.IN_SCHOOL_SUSPENSION)
    states = _overlay_spell(rng, states, stints, suspended, lengths=(1, 5), state=kind.astype(np.int64))
    studies = rng.random(rows) < 0.035
    done = np.where(rng.random(rows) < 0.7, State.INDEPENDENT_STUDY, State.INCOMPLETE_INDEPENDENT_STUDY)
    return _overlay_spell(rng, states, stints, studies, lengths=(5, 12), state=done.astype(np.int64))


def attended_days(rng: np.random.Generator, states: States, inside: Flags, in_parts: Flags, chance: Floats) -> States:
    """Tardies, activities and, where attendance is taken in parts of the day, days of which only some were missed."""
    drawn = rng.random(states.shape, dtype=np.float32)
    scale = (0.6 + 6 * chance)[:, None]
    tardy, activity, partial = 0.016 * scale, 0.004, np.where(in_parts, 0.022, 0.0)[:, None] * scale
    kind = rng.choice(
        np.array([State.TARDY, State.EXCUSED_TARDY, State.UNEXCUSED_TARDY], dtype=np.uint8),
        size=states.shape,
        p=[0.6, 0.2, 0.2],
    )
    changed = np.where(drawn < tardy, kind, states)
    changed = np.where(drawn > 1 - activity, np.uint8(State.ACTIVITY), changed)
    changed = np.where((drawn > 0.5) & (drawn < 0.5 + partial), np.uint8(State.PARTIAL), changed)
    return np.where((states == State.PRESENT) & inside, changed, states).astype(np.uint8)


def _late_exits(states: States, stints: Stints) -> States:
    """After a student has gone, every other old school marks unverified absences and the rest notice nothing."""
    rows = np.flatnonzero(stints.superseded < SCHOOL_DAYS)
    gone = np.arange(SCHOOL_DAYS) >= stints.superseded[rows][:, None]
    marked = np.where(np.arange(len(rows)) % 2 == 0, State.UNVERIFIED, State.PRESENT)[:, None]
    changed = states.copy()
    changed[rows] = np.where(gone, marked, states[rows])
    return changed


def live(
    rng: np.random.Generator,
    people: People,
    stints: Stints,
    places: tuple[Place, ...],
    *,
    days: Dates,
    start_year: int,
    offers_interventions: Flags,
) -> Daily:
    """A school year, day by day. offers_interventions: by school. Exempt students have no days recorded."""
    chance = chance_of_absence(people, stints, places, start_year)
    ordinary = ~stints.is_exempt & (stints.planted < 0)
    reachable = offers_interventions[stints.place] & ordinary
    absent, offers, chances = _spells(rng, stints, chance, day_weights(days), reachable)
    states = carry_reason(absent, reasons(rng, chance, stints.grade >= 6))
    states = _suspensions_and_studies(rng, states, stints, chance)
    in_parts = np.array([bool(place.periods) or place.has_halves for place in places])[stints.place]
    inside = expected(stints)
    states = attended_days(rng, states, inside, in_parts, chance)
    states = _late_exits(states, stints)
    states[stints.is_exempt] = State.PRESENT
    states[~inside] = State.NOT_EXPECTED
    return Daily(states=states, offers=offers, chances=_unless_laid_over(chances, offers, states))
