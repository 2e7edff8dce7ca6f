"""What a school's clerks and teachers marked: each day that carries a code, month by month, whatever system it is in.

Each writer only translates these marks, so that the same county says the same thing in every system.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.arrays import Dates, Flags, Ints, States, Texts, numbers_as_text, stack, stream, take
from simulation.codes import State
from simulation.places import Place, numbers_of, scaled
from simulation.planted import CORRECTED_MONTH, months, wrongly_absent_days
from simulation.sending import Sending

# Parts of a day that can carry a code of their own: periods, or morning and afternoon.
PARTS = 9
NOTHING = np.uint8(State.PRESENT)
HALVES = 2
# Days of all parts absent are now and then coded differently by different teachers.
MIXED_SHARE = 0.08
OTHER_REASON = {
    State.UNEXCUSED: State.EXCUSED,
    State.UNVERIFIED: State.UNEXCUSED,
    State.OUT_OF_SCHOOL_SUSPENSION: State.UNEXCUSED,
}
TARDIES = (State.TARDY, State.EXCUSED_TARDY, State.UNEXCUSED_TARDY)
# The corrected October: absences that the first delivery lacked, and absences that it had too many.
ADDED_BY_CORRECTION, REMOVED_BY_CORRECTION = 40, 25
SENT_AFTER_MONTH_END, CORRECTION_DELAY = 3, 7


@dataclass(frozen=True)
class Marks:
    """One row per stint and day that carries a code.

    stint, day: positions
    state:      what the day was as a whole, the gravest of its reasons
    parts:      rows by PARTS, the State of each part from the first on, NOTHING where it has no code; a school that
                tells no parts of the day has none
    is_second:  of a state for which the district has two codes, the second one; for parts that are as the whole day
    """

    stint: Ints
    day: Ints
    state: Ints
    parts: States
    is_second: Flags


@dataclass(frozen=True)
class Month:
    """A month's marks as they were sent on a day (CCYYMMDD); month: CCYYMM."""

    month: str
    sent: str
    marks: Marks


def parts_of(place: Place) -> int:
    """Parts of a day that the school marks: its periods, morning and afternoon, or 0 where a day is one whole."""
    return place.periods or (HALVES if place.has_halves else 0)


def _no_parts(rows: int) -> States:
    return np.full((rows, PARTS), NOTHING, dtype=np.uint8)


def _some_parts(rng: np.random.Generator, rows: int, parts: int) -> Flags:
    """At least one and never all of the parts: rows by parts."""
    order = np.argsort(rng.random((rows, parts)), axis=1)
    return np.asarray(np.argsort(order, axis=1) < rng.integers(1, parts, rows)[:, None])


def _states_of_parts(rng: np.random.Generator, state: Ints, parts: int) -> States:
    """What each part of the days was (rows by parts).

    Whole days are the same in each part. Some absences of all parts have two reasons; a tardy stands in the first part;
    a partial day has absent parts and, now and then, an activity or a tardy in all the others.
    """
    rows = len(state)
    filled = np.repeat(state[:, None], parts, axis=1)
    some = _some_parts(rng, rows, parts)
    other = np.arange(len(State) - 1)
    for reason, replacement in OTHER_REASON.items():
        other[reason] = replacement
    mixed = (rng.random(rows) < MIXED_SHARE) & (other[state] != state)
    filled = np.where(mixed[:, None] & some, other[state][:, None], filled)
    first = np.arange(parts) == 0
    filled = np.where(np.isin(state, TARDIES)[:, None] & ~first, NOTHING, filled)
    missed = np.where(rng.random(rows) < 0.3, State.EXCUSED, State.UNEXCUSED)
    there = rng.choice(np.array([0, 1, 2]), size=rows, p=[0.8, 0.1, 0.1])
    rest = np.array([NOTHING, State.ACTIVITY, State.TARDY])[there]
    partial = np.where(some, missed[:, None], rest[:, None])
    return np.where((state == State.PARTIAL)[:, None], partial, filled).astype(np.uint8)


def sends_daily(sending: Sending) -> Flags:
    """Which stints' days are sent: those of the district, but for a school that never submits."""
    daily = np.array([place.sends_daily for place in sending.places])[sending.stints.place]
    return np.asarray(daily & sending.here)


def marks_of(sending: Sending) -> Marks:
    """All days with a code of a district and year as they finally stand."""
    rng = stream(sending.seed, "codes", sending.lea.code, sending.year.school_year)
    states = np.where(sends_daily(sending)[:, None], sending.year.daily.states, State.PRESENT)
    stint, day = np.nonzero((states != State.PRESENT) & (states != State.NOT_EXPECTED))
    state = states[stint, day].astype(np.int64)
    is_second = rng.random(len(state)) < 0.3
    parts = _no_parts(len(state))
    count = numbers_of(sending.places, parts_of)[sending.stints.place[stint]]
    for number in (each for each in np.unique(count).tolist() if each):
        rows = np.flatnonzero(count == number)
        parts[rows, :number] = _states_of_parts(rng, state[rows], number)
    return Marks(stint=stint, day=day, state=state, parts=parts, is_second=is_second)


def coded(
    sending: Sending, marks: Marks, codes: np.ndarray[tuple[int, int, int], np.dtype[np.object_]]
) -> tuple[Texts, Texts]:
    """The codes of the days as wholes and of their parts (rows by PARTS, blank where a part has none).

    codes: as ``codes_of_states`` gives them
    """
    place = sending.stints.place[marks.stint]
    second = (marks.is_second[:, None] & (marks.parts == marks.state[:, None])).astype(np.int64)
    return codes[marks.is_second.astype(np.int64), place, marks.state], codes[second, place[:, None], marks.parts]


def _wrong_absences(rng: np.random.Generator, sending: Sending) -> Marks:
    """Absences of the corrected month that never were, at schools with daily attendance, a planted student's first."""
    stints, states, days = sending.stints, sending.year.daily.states, sending.year.days
    daily = np.array([place.sends_daily and not parts_of(place) for place in sending.places])[stints.place]
    ordinary = daily & sending.here & (stints.planted < 0) & ~stints.is_exempt
    in_month = months(days[stints.place]) == CORRECTED_MONTH
    attended = np.argwhere((states == State.PRESENT) & in_month & ordinary[:, None])
    planted = wrongly_absent_days(states, stints, days)
    others = rng.choice(len(attended), size=scaled(REMOVED_BY_CORRECTION, sending.places) - len(planted), replace=False)
    cells = np.concatenate([planted, attended[np.sort(others)]])
    rows = len(cells)
    return Marks(
        stint=cells[:, 0],
        day=cells[:, 1],
        state=np.full(rows, int(State.UNEXCUSED), dtype=np.int64),
        parts=_no_parts(rows),
        is_second=np.zeros(rows, dtype=np.bool_),
    )


def before_correction(sending: Sending, final: Marks) -> Marks:
    """The corrected month as it was sent first: some absences are not there yet, some never were."""
    rng = stream(sending.seed, "correction", sending.lea.code, sending.year.school_year)
    absences = (State.EXCUSED, State.UNEXCUSED, State.UNVERIFIED)
    daily = np.array([not parts_of(place) for place in sending.places])[sending.stints.place]
    missing = np.isin(final.state, absences) & daily[final.stint] & (sending.stints.planted[final.stint] < 0)
    dropped = rng.choice(np.flatnonzero(missing), size=scaled(ADDED_BY_CORRECTION, sending.places), replace=False)
    kept = np.setdiff1d(np.arange(len(final.stint)), dropped)
    return stack([take(final, kept), _wrong_absences(rng, sending)])


def months_of(sending: Sending, stint: Ints, day: Ints) -> Dates:
    """The month of each stint's school day."""
    return np.asarray(sending.year.days[sending.stints.place[stint], day].astype("datetime64[M]"))


def spelled(month: Dates) -> Texts:
    """Months as CCYYMM."""
    number = month.astype("datetime64[M]").astype(np.int64)
    return numbers_as_text((number // 12 + 1970) * 100 + number % 12 + 1)


def _sent(month: np.datetime64, day: int) -> str:
    """CCYYMMDD of a day of the month that follows."""
    following = (month + np.timedelta64(1, "M")).astype("datetime64[D]")
    return str(following + np.timedelta64(day - 1, "D")).replace("-", "")


def monthly(sending: Sending) -> list[Month]:
    """The year's marks month by month; the corrected month twice, as it was first and, a week later, as it is."""
    final = marks_of(sending)
    month = months_of(sending, final.stint, final.day)
    sent = []
    for each in np.unique(month):
        marks, spelled = take(final, month == each), str(each).replace("-", "")
        if sending.corrects_a_month and months(each) == CORRECTED_MONTH:
            first = before_correction(sending, marks)
            sent.append(Month(spelled, _sent(each, SENT_AFTER_MONTH_END), first))
            sent.append(Month(spelled, _sent(each, SENT_AFTER_MONTH_END + CORRECTION_DELAY), marks))
        else:
            sent.append(Month(spelled, _sent(each, SENT_AFTER_MONTH_END), marks))
    return sent
