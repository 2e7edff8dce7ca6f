"""What one district certifies differently from its daily records, on purpose: a few summaries of the last year.

Ironwood's absence summaries count some students' days missed in part as absences, leave some students out, and count
others' days wrong for no reason that any file could tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.arrays import Ints, stream
from simulation.codes import State
from simulation.places import IRONWOOD
from simulation.planted import PlantedCase
from simulation.sending import Sending
from simulation.stints import PRIMARY

# Students of each kind; a day missed in part counts as a difference from the second on, so they have more.
PARTIAL, LEFT_OUT, MISCOUNTED = 5, 3, 4
FEWEST_PARTIAL_DAYS = 3
DAYS_TOO_MANY = 4


@dataclass(frozen=True)
class Mismatches:
    """Positions of stints, one for each student; each student has one stint in the year."""

    partial: Ints
    left_out: Ints
    miscounted: Ints


NONE = Mismatches(*(np.zeros(0, dtype=np.int64) for _ in range(3)))


def mismatches_of(sending: Sending) -> Mismatches:
    """Whose summaries differ; nobody's but Ironwood's in the last year. The same in every call."""
    if not (sending.year.is_last and sending.lea.code == IRONWOOD):
        return NONE
    stints, states = sending.stints, sending.year.daily.states
    alone = np.bincount(stints.person)[stints.person] == 1
    ordinary = sending.here & alone & ~stints.is_exempt & ~stints.is_no_show & (stints.status == PRIMARY)
    rng = stream(sending.seed, "mismatches", sending.lea.code)
    attended = (states == State.PRESENT).sum(axis=1)
    in_part = (states == State.PARTIAL).sum(axis=1) >= FEWEST_PARTIAL_DAYS
    partial = rng.permutation(np.flatnonzero(ordinary & in_part))[:PARTIAL]
    # whose code nobody explains differs by as many days already
    plain = ordinary & ~in_part & (attended > DAYS_TOO_MANY) & ~(states == State.UNMAPPED).any(axis=1)
    others = rng.permutation(np.flatnonzero(plain & ~(states == State.PARTIAL).any(axis=1)))
    return Mismatches(np.sort(partial), np.sort(others[:LEFT_OUT]), np.sort(others[LEFT_OUT : LEFT_OUT + MISCOUNTED]))


def mismatch_cases(sending: Sending) -> list[PlantedCase]:
    """One case for each kind that the district has."""
    found, ssid = mismatches_of(sending), sending.year.people.ssid[sending.stints.person]
    where = f"{sending.lea.code} {sending.year.school_year}"
    kinds = (
        ("summary_counts_partial_days", "absence summary counts days missed in part as absences", found.partial),
        ("summary_left_out", "no absence summary of a student", found.left_out),
        ("summary_miscounted", f"absence summary has {DAYS_TOO_MANY} days absent too many", found.miscounted),
    )
    return [
        PlantedCase(name, what, where, len(stints), tuple(ssid[stints].tolist()))
        for name, what, stints in kinds
        if len(stints)
    ]
