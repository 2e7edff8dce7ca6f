"""ATT: the attendance of a district on Aeries, exceptions only, month by month (docs/rules.md C.1)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulation.arrays import (
    Flags,
    Ints,
    Texts,
    constant,
    dates_as_text,
    numbers_as_text,
    pick,
    stack,
    stream,
    take,
)
from simulation.codes import State, letter_table
from simulation.grades import aeries_grades
from simulation.places import numbers_of
from simulation.planted import CORRECTED_MONTH, months, wrongly_absent_days
from simulation.sending import Sending
from simulation.text import Column, write_csv

LINE_END = "\r\n"
PERIOD_COLUMNS = 10
# Days of all periods absent are now and then coded differently by different teachers.
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
    """Rows of ATT: stint and day as positions, E or L mark, all-day code, and ten columns of period codes."""

    stint: Ints
    day: Ints
    mark: Texts
    all_day: Texts
    periods: Texts


@dataclass(frozen=True)
class Coded:
    """Days that carry a code: the position of the school, the state, and the letter that stands for it there."""

    place: Ints
    state: Ints
    letter: Texts


def _no_periods(rows: int) -> Texts:
    return np.full((rows, PERIOD_COLUMNS), "", dtype=object)


def _entries_and_exits(sending: Sending, sends: Flags, is_open: Flags) -> Marks:
    """Rows marked E on the first and L on the last day of each stint; they carry no codes."""
    stints = sending.stints
    enters, leaves = np.flatnonzero(sends), np.flatnonzero(sends & ~is_open)
    stint = np.concatenate([enters, leaves])
    last = np.maximum(stints.first, stints.last)
    return Marks(
        stint=stint,
        day=np.concatenate([stints.first[enters], last[leaves]]),
        mark=np.concatenate([constant("E", len(enters)), constant("L", len(leaves))]),
        all_day=constant("", len(stint)),
        periods=_no_periods(len(stint)),
    )


def _some_periods(rng: np.random.Generator, rows: int, periods: int) -> Flags:
    """At least one and never all of the periods: rows by periods."""
    order = np.argsort(rng.random((rows, periods)), axis=1)
    return np.asarray(np.argsort(order, axis=1) < rng.integers(1, periods, rows)[:, None])


def _period_codes(rng: np.random.Generator, letters: Texts, coded: Coded, periods: int) -> Texts:
    """The codes of a school's periods (rows by periods); letters: by school and state.

    Whole days carry their code in each period. Some absences of all periods carry two codes; a tardy stands in the
    first period; a partial day has absent periods and, now and then, an activity or a tardy in all the others.
    """
    place, state, rows = coded.place, coded.state, len(coded.state)
    filled = np.repeat(coded.letter[:, None], periods, axis=1)
    some = _some_periods(rng, rows, periods)
    other = np.arange(len(State) - 1)
    for reason, replacement in OTHER_REASON.items():
        other[reason] = replacement
    mixed = (rng.random(rows) < MIXED_SHARE) & (other[state] != state)
    filled = np.where(mixed[:, None] & some, letters[place, other[state]][:, None], filled)
    first = np.arange(periods) == 0
    filled = np.where(np.isin(state, TARDIES)[:, None] & ~first, "", filled)
    missed = np.where(rng.random(rows) < 0.3, letters[place, State.EXCUSED], letters[place, State.UNEXCUSED])
    there = rng.choice(np.array([0, 1, 2]), size=rows, p=[0.8, 0.1, 0.1])
    rest = np.where(there == 1, letters[place, State.ACTIVITY], np.where(there == 2, letters[place, State.TARDY], ""))
    partial = np.where(some, missed[:, None], rest[:, None])
    return np.where((state == State.PARTIAL)[:, None], partial, filled)


def _exceptions(rng: np.random.Generator, sending: Sending, sends: Flags) -> Marks:
    """One row for each day that carries a code. AL is blank where the periods do not share one code."""
    states = np.where(sends[:, None], sending.year.daily.states, State.PRESENT)
    stint, day = np.nonzero((states != State.PRESENT) & (states != State.NOT_EXPECTED))
    state = states[stint, day].astype(np.int64)
    place = sending.stints.place[stint]
    letters, alternatives = letter_table(sending.places), letter_table(sending.places, second=True)
    letter = np.where(rng.random(len(state)) < 0.3, alternatives[place, state], letters[place, state])
    coded = Coded(place=place, state=state, letter=letter)
    periods, all_day = _no_periods(len(state)), letter.copy()
    count = numbers_of(sending.places, lambda school: school.periods or 0)[place]
    for number in (each for each in np.unique(count).tolist() if each):
        rows = np.flatnonzero(count == number)
        codes = _period_codes(rng, letters, take(coded, rows), number)
        periods[rows, 1 : number + 1] = codes
        shared = (codes == codes[:, :1]).all(axis=1)
        all_day[rows] = np.where(shared, codes[:, 0], "")
    return Marks(stint=stint, day=day, mark=constant("", len(stint)), all_day=all_day, periods=periods)


def marks_of(sending: Sending, is_open: Flags) -> Marks:
    """All rows of ATT of a district and year as they finally stand; a school that never submits has none."""
    daily = np.array([place.sends_daily for place in sending.places])[sending.stints.place]
    sends = daily & sending.here
    rng = stream(sending.seed, "codes", sending.lea.code, sending.year.school_year)
    return stack([_entries_and_exits(sending, sends, is_open), _exceptions(rng, sending, sends)])


def _wrong_absences(rng: np.random.Generator, sending: Sending) -> Marks:
    """Absences of the corrected month that never were, at schools with daily attendance, a planted student's first."""
    stints, states, days = sending.stints, sending.year.daily.states, sending.year.days
    daily = np.array([place.sends_daily and place.periods is None for place in sending.places])[stints.place]
    ordinary = daily & sending.here & (stints.planted < 0) & ~stints.is_exempt
    in_month = months(days[stints.place]) == CORRECTED_MONTH
    attended = np.argwhere((states == State.PRESENT) & in_month & ordinary[:, None])
    planted = wrongly_absent_days(states, stints, days)
    others = rng.choice(len(attended), size=REMOVED_BY_CORRECTION - len(planted), replace=False)
    cells = np.concatenate([planted, attended[np.sort(others)]])
    return Marks(
        stint=cells[:, 0],
        day=cells[:, 1],
        mark=constant("", len(cells)),
        all_day=letter_table(sending.places)[stints.place[cells[:, 0]], State.UNEXCUSED],
        periods=_no_periods(len(cells)),
    )


def before_correction(sending: Sending, final: Marks) -> Marks:
    """The corrected month as it was sent first: forty absences not there yet, twenty-five that never were."""
    rng = stream(sending.seed, "correction", sending.lea.code, sending.year.school_year)
    states, planted = sending.year.daily.states, sending.stints.planted
    absences = (State.EXCUSED, State.UNEXCUSED, State.UNVERIFIED)
    daily = np.array([place.periods is None for place in sending.places])[sending.stints.place]
    missing = np.isin(states[final.stint, final.day], absences) & (final.mark == "")
    missing &= daily[final.stint] & (planted[final.stint] < 0)
    dropped = rng.choice(np.flatnonzero(missing), size=ADDED_BY_CORRECTION, replace=False)
    kept = np.setdiff1d(np.arange(len(final.stint)), dropped)
    return stack([take(final, kept), _wrong_absences(rng, sending)])


def _columns(sending: Sending, marks: Marks) -> dict[str, Column]:
    stints, year = sending.stints, sending.year
    place = stints.place[marks.stint]
    dates = dates_as_text(year.days[place, marks.day])
    columns: dict[str, Column] = {
        "SC": numbers_as_text(numbers_of(sending.places, lambda school: school.number or 0))[place],
        "SN": sending.student_number[marks.stint],
        "DY": numbers_as_text(marks.day + 1),
        "CD": marks.mark,
        "PR": "",
        "GR": aeries_grades(stints.grade[marks.stint], year.start_year),
        "TR": "",
        "TN": numbers_as_text(100 + (stints.person[marks.stint] * 7 + place) % 60),
        "AL": marks.all_day,
    }
    columns |= {f"A{period}": marks.periods[:, period] for period in range(PERIOD_COLUMNS)}
    columns |= {"DT": dates, "RS": "", "NS": "", "AP1": "", "AP2": "", "HS": "", "IT": "", "NPS": "", "ITD": ""}
    columns |= {"ADA": "", "ADT": "", "ACO": "", "DEL": ""}
    columns["DTS"] = dates + pick(marks.mark == "", " 15:10:00", " 07:45:00")
    return columns


def _write_month(path: Path, sending: Sending, marks: Marks) -> int:
    """One file, by school, student number, day and mark."""
    school = numbers_of(sending.places, lambda place: place.number or 0)[sending.stints.place[marks.stint]]
    number = sending.student_number[marks.stint].astype(np.int64)
    order = np.lexsort((marks.mark.astype(str), marks.day, number, school))
    return write_csv(path, _columns(sending, take(marks, order)), len(order), LINE_END)


def _sent(month: np.datetime64, day: int) -> str:
    """CCYYMMDD of a day of the month that follows."""
    following = (month + np.timedelta64(1, "M")).astype("datetime64[D]")
    return str(following + np.timedelta64(day - 1, "D")).replace("-", "")


def write_attendance(folder: Path, sending: Sending, is_open: Flags, *, corrected: bool) -> list[tuple[str, int]]:
    """Write ATT month by month, October twice where it is corrected: as it was first and, a week later, as it is.

    is_open: stints that have no leave date yet. Returns names and data rows.
    """
    final = marks_of(sending, is_open)
    month = sending.year.days[sending.stints.place[final.stint], final.day].astype("datetime64[M]")
    written = []
    for each in np.unique(month):
        marks = take(final, month == each)
        deliveries = [(SENT_AFTER_MONTH_END, marks)]
        if corrected and months(each) == CORRECTED_MONTH:
            corrected_on = SENT_AFTER_MONTH_END + CORRECTION_DELAY
            deliveries = [(SENT_AFTER_MONTH_END, before_correction(sending, marks)), (corrected_on, marks)]
        for day, rows in deliveries:
            name = f"ATT_{str(each).replace('-', '')}_{_sent(each, day)}.csv"
            written.append((name, _write_month(folder / name, sending, rows)))
    return written
