"""What each expected day of a sender's stays was: the days away with their reasons, and what is told of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.arrays import Dates, Flags, Floats, Ints, States, stack
from simulation.attendance import attended_days, carry_reason, inside_of, reasons
from simulation.calendars import SCHOOL_DAYS
from simulation.codes import State
from simulation.interventions import KINDS, Offers, no_offers
from simulation.like.days import chunks, day_weights, days_away
from simulation.like.treatments import act, offer_without_effect, plan
from simulation.places import Place
from simulation.stints import Stints

# Shares of the absences' spells that are suspensions, and independent study of which no work came; of stays with such
# days that count as attended.
SUSPENDED_OLDER, SUSPENDED_YOUNGER, STUDY_NOT_DONE = 0.018, 0.003, 0.01
STUDIES, SUSPENDED_AT_SCHOOL = 0.03, 0.012


@dataclass(frozen=True)
class Lived:
    """states: stays by school days; offers: interventions; effects: by KINDS, as ``act`` tells them."""

    states: States
    offers: Offers
    effects: Floats


def _reasons(rng: np.random.Generator, away: Flags, chance: Floats, is_older: Flags) -> States:
    """The reason of each day away: a spell has one."""
    drawn = reasons(rng, chance, is_older)
    other = rng.random(drawn.shape, dtype=np.float32)
    suspended = np.where(is_older, SUSPENDED_OLDER, SUSPENDED_YOUNGER)[:, None]
    drawn = np.where(other < suspended, np.uint8(State.OUT_OF_SCHOOL_SUSPENSION), drawn)
    drawn = np.where(other > 1 - STUDY_NOT_DONE, np.uint8(State.INCOMPLETE_INDEPENDENT_STUDY), drawn)
    return carry_reason(away, drawn)


def _attended_spells(rng: np.random.Generator, states: States, inside: Flags) -> States:
    """Weeks of independent study with its work done, and days of suspension at school: both are attendance."""
    rows = len(states)
    days = np.arange(SCHOOL_DAYS)
    for share, lengths, state in (
        (STUDIES, (5, 12), State.INDEPENDENT_STUDY),
        (SUSPENDED_AT_SCHOOL, (1, 3), State.IN_SCHOOL_SUSPENSION),
    ):
        who = np.flatnonzero(rng.random(rows) < share)
        begin = rng.integers(0, SCHOOL_DAYS, len(who))
        end = begin + rng.integers(lengths[0], lengths[1] + 1, len(who))
        spell = (days >= begin[:, None]) & (days < end[:, None]) & inside[who] & (states[who] == State.PRESENT)
        states[who] = np.where(spell, np.uint8(state), states[who])
    return states


def _marked_to_the_end(states: States, stints: Stints) -> None:
    """On the last day that a school expects anyone, somebody has a code: it is known to have taken attendance.

    Where nobody was away or late, one student was at an activity.
    """
    counted = np.flatnonzero(~stints.is_exempt & ~stints.is_no_show)
    end = np.full(int(stints.place.max()) + 1, -1)
    np.maximum.at(end, stints.place[counted], stints.last[counted])
    here = counted[stints.last[counted] == end[stints.place[counted]]]
    marked = np.zeros(len(end), dtype=np.bool_)
    on_the_day = states[here, stints.last[here]]
    marked[stints.place[here][on_the_day != State.PRESENT]] = True
    for place in np.flatnonzero(~marked & (end >= 0)).tolist():
        stint = here[stints.place[here] == place][0]
        states[stint, stints.last[stint]] = State.ACTIVITY


def live(
    rng: np.random.Generator,
    stints: Stints,
    absent: Ints,
    places: tuple[Place, ...],
    *,
    family: Ints,
    reach: Floats,
    days: Dates,
    start_year: int,
    salt: int,
) -> Lived:
    """A sender's year, day by day.

    absent: full days missed of each stint; family: -1 for who has no brother or sister here
    reach:  by school, how much of what could be offered is
    days:   schools by days
    """
    weights, number = day_weights(days, start_year), days.astype("datetime64[D]").astype(np.int64)
    in_parts = np.array([bool(place.periods) or place.has_halves for place in places])
    states = np.full((len(absent), SCHOOL_DAYS), State.NOT_EXPECTED, dtype=np.uint8)
    offers, effects = [no_offers()], np.zeros((len(KINDS), 3))
    for rows in chunks(len(absent)):
        first, last, place, wanted = stints.first[rows], stints.last[rows], stints.place[rows], absent[rows]
        inside = inside_of(first, last)
        can_be_helped = np.where(stints.is_exempt[rows], 0.0, reach[place])
        plans = plan(rng, first, last, wanted, can_be_helped)
        away = days_away(
            rng,
            inside,
            wanted + plans.more,
            weights=weights[place],
            number=number[place],
            family=family[rows],
            salt=salt,
        )
        away, helped, told = act(rng, away, inside, plans, rows.start)
        offers += [helped, offer_without_effect(rng, away, inside, last, reach=can_be_helped, first_row=rows.start)]
        effects += told
        chance = wanted / np.maximum(last - first + 1, 1)
        marked = _reasons(rng, away, chance, stints.grade[rows] >= 6)
        marked = _attended_spells(rng, marked, inside)
        marked = attended_days(rng, marked, inside, in_parts[place], chance)
        marked[stints.is_exempt[rows]] = State.PRESENT
        marked[~inside] = State.NOT_EXPECTED
        states[rows] = marked
    _marked_to_the_end(states, stints)
    return Lived(states, stack(offers), effects)
