"""Who is offered which intervention when, and what it truly changes: some help, letters do nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.arrays import Flags, Floats, Ints
from simulation.calendars import SCHOOL_DAYS


@dataclass(frozen=True)
class Kind:
    """A type of intervention.

    effect:  what the chance of being absent is multiplied by from its first day on; 1 changes nothing
    days:    school days that it lasts after its first
    weights: how often it is chosen at tier 1 (5 to 10 percent absent so far), 2 (to 20) and 3 (20 and more)
    dosage:  contacts or sessions when it is completed
    """

    code: str
    effect: float
    days: int
    weights: tuple[float, float, float]
    staff_role: str
    dosage: int


KINDS: tuple[Kind, ...] = (
    Kind("phone_call", 0.97, 0, (5, 2, 0), "attendance_clerk", 1),
    Kind("letter", 1.0, 0, (5, 4, 2), "attendance_clerk", 1),
    Kind("sart_meeting", 0.9, 0, (0, 2, 2), "assistant_principal", 1),
    Kind("home_visit", 0.55, 0, (0, 2, 3), "community_liaison", 1),
    Kind("mentoring", 0.6, 40, (0, 2, 3), "counselor", 8),
    Kind("attendance_recovery", 1.0, 12, (0, 1, 2), "teacher", 4),
)
# School days after which the absences so far are looked at, and the share of each tier that is reached then.
CHECKPOINTS = (25, 50, 75, 100, 125, 150)
TIER_FROM = (0.05, 0.10, 0.20)
REACHED = (0.1, 0.4, 0.55)
DAYS_KNOWN = 15


@dataclass(frozen=True)
class Offers:
    """One row per intervention: positions of the stint and the kind, first school day (from 0), tier."""

    stint: Ints
    kind: Ints
    start: Ints
    tier: Ints


@dataclass(frozen=True)
class Chances:
    """What an intervention truly changes, a row for each of ``Offers``, by school days.

    with_it, without: how likely the student was absent on the day, as seen from the day before the intervention began;
    everything else, other interventions among it, is the same. 0 before the first day and where the student has gone.
    """

    with_it: Floats
    without: Floats


def no_offers() -> Offers:
    """A table without rows."""
    nothing = np.zeros(0, dtype=np.int64)
    return Offers(stint=nothing, kind=nothing, start=nothing, tier=nothing)


def _kinds(rng: np.random.Generator, tier: Ints) -> Ints:
    weights = np.array([kind.weights for kind in KINDS], dtype=np.float64).T
    thresholds = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)[tier - 1]
    return np.asarray((rng.random(len(tier))[:, None] >= thresholds[:, :-1]).sum(axis=1), dtype=np.int64)


def offer(rng: np.random.Generator, day: int, absent: Ints, expected: Ints, *, last: Ints, reachable: Flags) -> Offers:
    """Interventions that follow from the absences of the first ``day`` school days.

    absent, expected: days so far of each stint; last: its last day; reachable: its school offers interventions.
    They start within ten school days, while the student is still there.
    """
    rate = absent / np.maximum(expected, 1)
    tier = np.searchsorted(np.array(TIER_FROM), rate, side="right")
    start = day + rng.integers(0, 10, len(absent))
    share = np.array((0.0, *REACHED))[tier]
    chosen = reachable & (expected >= DAYS_KNOWN) & (rng.random(len(absent)) < share)
    chosen &= start <= np.minimum(last, SCHOOL_DAYS - 1)
    stint = np.flatnonzero(chosen)
    return Offers(stint=stint, kind=_kinds(rng, tier[stint]), start=start[stint], tier=tier[stint])


def with_effect(effects: Floats, offers: Offers) -> Floats:
    """Multiply each student's chance of being absent from the intervention's first day on: stints by days."""
    factor = np.array([kind.effect for kind in KINDS])[offers.kind]
    changed = effects.copy()
    later = np.arange(SCHOOL_DAYS) >= offers.start[:, None]
    changed[offers.stint] = effects[offers.stint] * np.where(later, factor[:, None], 1.0)
    return changed
