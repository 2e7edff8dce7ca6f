"""Who is offered what, and what it truly changes: some kinds help, some do nothing, and naive figures cannot tell.

Help is offered to students who have missed much so far, as schools do: after a bad stretch, which is often followed by
a better one anyway. What an intervention changes is planted: of the days that a student would have missed from its
start on, the kind's effect says how many are still missed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.arrays import Flags, Floats, Ints
from simulation.calendars import SCHOOL_DAYS
from simulation.interventions import CHECKPOINTS, DAYS_KNOWN, KINDS, REACHED, TIER_FROM, Offers

HELPS = np.array([kind.effect < 1 for kind in KINDS])
EFFECTS = np.array([kind.effect for kind in KINDS])
WEIGHTS = np.array([kind.weights for kind in KINDS], dtype=np.float64)
# Of the students whom an intervention that helps might reach, so many are offered one that changes nothing as well.
ALSO_WITHOUT_EFFECT = 0.5


@dataclass(frozen=True)
class Plans:
    """For each stay the intervention that it may get, and how many more days would be missed without it.

    kind:       position among KINDS, -1 for none
    checkpoint: school day on which the absences so far are looked at
    start:      first day of the intervention
    more:       days that would be missed beside those that are
    """

    kind: Ints
    checkpoint: Ints
    start: Ints
    more: Ints


def _kinds(rng: np.random.Generator, tier: Ints, among: Flags) -> Ints:
    """A kind for each tier (1 to 3), by its weights among those allowed; -1 at tier 0."""
    weights = WEIGHTS * among[:, None]
    shares = np.cumsum(weights / weights.sum(axis=0), axis=0).T
    drawn = (rng.random(len(tier))[:, None] >= shares[np.maximum(tier, 1) - 1][:, :-1]).sum(axis=1)
    return np.asarray(np.where(tier > 0, drawn, -1))


def plan(rng: np.random.Generator, first: Ints, last: Ints, absent: Ints, reach: Floats) -> Plans:
    """Plan who may be helped.

    absent: days missed in the end; reach: how much of what could be done the school does, 0 to 1
    """
    rows, expected = len(first), np.maximum(last - first + 1, 1)
    tier = np.searchsorted(np.array(TIER_FROM), absent / expected, side="right")
    checkpoint = rng.choice(CHECKPOINTS, size=rows)
    start = checkpoint + rng.integers(0, 10, rows)
    reached = rng.random(rows) < np.array((0.0, *REACHED))[tier] * reach
    reached &= (checkpoint - first >= DAYS_KNOWN) & (start <= last - 5)
    kind = np.where(reached, _kinds(rng, tier, HELPS), -1)
    effect = np.where(kind >= 0, EFFECTS[kind], 1.0)
    share = np.clip((last - start + 1) / expected, 0.0, 1.0)
    without = np.rint(absent / (1 - share * (1 - effect))).astype(np.int64)
    return Plans(kind, checkpoint, start, np.minimum(without, expected - 1) - np.minimum(absent, expected - 1))


def _tiers(away: Flags, inside: Flags, day: Ints) -> Ints:
    """The tier of each stay by what was missed before a day; 0 where it is too early to say."""
    before = np.arange(SCHOOL_DAYS) < day[:, None]
    expected = (inside & before).sum(axis=1)
    rate = (away & before).sum(axis=1) / np.maximum(expected, 1)
    return np.where(expected >= DAYS_KNOWN, np.searchsorted(np.array(TIER_FROM), rate, side="right"), 0)


def act(
    rng: np.random.Generator, away: Flags, inside: Flags, plans: Plans, first_row: int
) -> tuple[Flags, Offers, Floats]:
    """Offer what was planned to those who have missed much by then, and take away the days that it saves.

    away: days that would be missed without any help: stays by days. Where help is not offered in the end, the days too
    many are taken from the whole stay. Returns the days missed, the offers (their stints from ``first_row`` on), and by
    kind how many offers there were and the days missed from their start on, without them and with them.
    """
    tier = np.where(plans.kind >= 0, _tiers(away, inside, plans.checkpoint), 0)
    offered = np.flatnonzero(tier > 0)
    after = np.arange(SCHOOL_DAYS) >= plans.start[:, None]
    rows = np.flatnonzero(plans.more > 0)
    order = rng.random((len(rows), SCHOOL_DAYS), dtype=np.float32) + ((tier[rows] > 0)[:, None] & ~after[rows])
    order[~away[rows]] = np.inf
    limit = np.sort(order, axis=1)[np.arange(len(rows)), plans.more[rows] - 1]
    left = away.copy()
    left[rows] &= order > limit[:, None]
    kind = plans.kind[offered]
    told = np.stack(
        [
            np.bincount(kind, minlength=len(KINDS)),
            np.bincount(kind, weights=(away[offered] & after[offered]).sum(axis=1), minlength=len(KINDS)),
            np.bincount(kind, weights=(left[offered] & after[offered]).sum(axis=1), minlength=len(KINDS)),
        ],
        axis=1,
    )
    return left, Offers(first_row + offered, kind, plans.start[offered], tier[offered]), told.astype(np.float64)


def offer_without_effect(
    rng: np.random.Generator, away: Flags, inside: Flags, last: Ints, *, reach: Floats, first_row: int
) -> Offers:
    """Offers of the kinds that change nothing, by the same triggers, at one of the year's checkpoints."""
    rows = len(last)
    checkpoint = rng.choice(CHECKPOINTS, size=rows)
    start = checkpoint + rng.integers(0, 10, rows)
    tier = _tiers(away, inside, checkpoint)
    share = np.array((0.0, *REACHED))[tier] * ALSO_WITHOUT_EFFECT * reach
    chosen = np.flatnonzero((rng.random(rows) < share) & (start <= last))
    return Offers(first_row + chosen, _kinds(rng, tier[chosen], ~HELPS), start[chosen], tier[chosen])
