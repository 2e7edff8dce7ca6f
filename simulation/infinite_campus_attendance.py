"""Attendance of a district on Infinite Campus: one row per student, date and period (docs/rules.md C.3)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulation.arrays import Ints, Texts, constant, dates_as_text, numbers_as_text, stack, stream, take, texts
from simulation.codes import AbsenceCode, State, code_set, codes_of_states
from simulation.marks import HALVES, NOTHING, Marks, coded, marks_of, monthly, parts_of, sends_daily, spelled
from simulation.places import Place, numbers_of
from simulation.rosters import LINE_END, extra_students, local_numbers, notes, serials
from simulation.sending import Sending
from simulation.text import Column, Written, write_csv

# Stands in Attendance and in no table AttendanceExcuse.
UNMAPPED_ID = "99"
EXTRA_ABSENCES = 3
ADVISORY_CUTS = 5
# Whole days missed are now and then marked in the period without instruction as well.
MARKED_THERE_TOO = 3


@dataclass(frozen=True)
class Meaning:
    """status A absent, T tardy, E early; excuse E excused, U unexcused, X exempt, K unknown; code of the state."""

    status: str
    excuse: str
    state_code: str = ""


# The letters but A, and the state codes of independent study, are unconfirmed (docs/rules.md C.3).
MEANINGS: dict[State, Meaning] = {
    State.EXCUSED: Meaning("A", "E"),
    State.UNEXCUSED: Meaning("A", "U"),
    State.UNVERIFIED: Meaning("A", "K"),
    State.OUT_OF_SCHOOL_SUSPENSION: Meaning("A", "E", "100"),
    State.IN_SCHOOL_SUSPENSION: Meaning("A", "E", "110"),
    State.INDEPENDENT_STUDY: Meaning("A", "E", "120"),
    State.INCOMPLETE_INDEPENDENT_STUDY: Meaning("A", "U", "130"),
    State.TARDY: Meaning("T", "K"),
    State.EXCUSED_TARDY: Meaning("T", "E"),
    State.UNEXCUSED_TARDY: Meaning("T", "U"),
    State.ACTIVITY: Meaning("A", "X"),
}


@dataclass(frozen=True)
class Period:
    """A row of Period; sequence: 1 is the first of the day."""

    name: str
    sequence: int
    is_instructional: bool = True


@dataclass(frozen=True)
class Extra:
    """A record of a student at another school of the district that is not to be counted."""

    stint: int
    place: int
    service: str
    is_excluded: bool


@dataclass(frozen=True)
class Rows:
    """Rows of Attendance: stint, place and day as positions, the period's sequence, code, status and excuse."""

    stint: Ints
    place: Ints
    day: Ints
    sequence: Ints
    code: Texts
    status: Texts
    excuse: Texts


def person_id(sending: Sending) -> Ints:
    """Infinite Campus' own number of the person, by stint."""
    return local_numbers(sending) * 5 + 11


def calendar_id(sending: Sending) -> Ints:
    """The number of a school's calendar of the year, by position of the school."""
    return (sending.year.start_year + 1) * 1_000 + np.arange(len(sending.places))


def excuse_id(sending: Sending, index: int, code: AbsenceCode) -> str:
    """The number of a code in a school's calendar."""
    return str(int(calendar_id(sending)[index]) * 100 + code_set(sending.places[index]).index(code))


def periods_of(place: Place) -> list[Period]:
    """A school's periods: its own, morning and afternoon, or the one day; behind them the one without instruction."""
    if place.periods:
        names, last = [str(number) for number in range(1, place.periods + 1)], "ADV"
    else:
        names, last = (["AM", "PM"] if place.has_halves else ["DAY"]), "LUN"
    instructional = [Period(name, number) for number, name in enumerate(names, start=1)]
    return [*instructional, Period(last, len(names) + 1, is_instructional=False)]


def extra_enrollments(sending: Sending) -> list[Extra]:
    """A few students who stand at a second school as well: for a service, or left out of what is reported."""
    chosen = extra_students(sending, 4)
    return [
        Extra(stint, place, service="N" if number % 2 else "P", is_excluded=number % 2 == 0)
        for number, (stint, place) in enumerate(chosen)
    ]


def _sequence_without_instruction(sending: Sending) -> Ints:
    return numbers_of(sending.places, lambda place: max(parts_of(place), 1) + 1)


def non_instructional_rows(sending: Sending) -> Ints:
    """(stint, day) of days present on which the period without instruction was cut, at schools with periods."""
    by_period = np.array([bool(place.periods) for place in sending.places])[sending.stints.place]
    who = sends_daily(sending) & by_period & (sending.stints.planted < 0) & ~sending.stints.is_exempt
    cells = np.argwhere((sending.year.daily.states == State.PRESENT) & who[:, None])
    rng = stream(sending.seed, "advisory", sending.lea.code, sending.year.school_year)
    count = min(ADVISORY_CUTS, len(cells))
    return np.asarray(cells[np.sort(rng.choice(len(cells), size=count, replace=False))] if count else cells)


def missed_all_but_one_period(sending: Sending) -> Ints:
    """Stints with a day missed in all periods but one, once for each such day."""
    marks = marks_of(sending)
    periods = numbers_of(sending.places, lambda place: place.periods or 0)[sending.stints.place[marks.stint]]
    missed = np.isin(marks.parts, [int(State.EXCUSED), int(State.UNEXCUSED)]).sum(axis=1)
    return np.asarray(marks.stint[(marks.state == State.PARTIAL) & (periods > HALVES) & (missed == periods - 1)])


def _table(sending: Sending) -> np.ndarray[tuple[int, int, int], np.dtype[np.object_]]:
    return codes_of_states(sending.places, lambda index, code: excuse_id(sending, index, code), UNMAPPED_ID)


def _said(state: Ints) -> tuple[Texts, Texts]:
    """Status and excuse of a state; blank where the code is unknown."""
    blank = Meaning("", "")
    status = texts(MEANINGS.get(each, blank).status for each in State)
    excuse = texts(MEANINGS.get(each, blank).excuse for each in State)
    place = np.array([int(each) for each in State])
    lookup = np.zeros(256, dtype=np.int64)
    lookup[place] = np.arange(len(place))
    return status[lookup[state]], excuse[lookup[state]]


def _own_rows(sending: Sending, marks: Marks) -> Rows:
    """A row for each part of a day with a code, or for the one period of a school that marks days as a whole.

    Of the absences that nobody has verified yet, every other row has no code: its own letters say what is known.
    """
    place = sending.stints.place[marks.stint]
    whole, parts = coded(sending, marks, _table(sending))
    told = numbers_of(sending.places, parts_of)[place] > 0
    days = np.flatnonzero(~told)
    row, part = np.nonzero((marks.parts != NOTHING) & told[:, None])
    mark = np.concatenate([days, row])
    state = np.concatenate([marks.state[days], marks.parts[row, part]]).astype(np.int64)
    status, excuse = _said(state)
    code = np.concatenate([whole[days], parts[row, part]])
    uncoded = (state == State.UNVERIFIED) & (marks.day[mark] % 2 == 0)
    return Rows(
        stint=marks.stint[mark],
        place=place[mark],
        day=marks.day[mark],
        sequence=np.concatenate([np.zeros(len(days), dtype=np.int64), part]) + 1,
        code=np.where(uncoded, "", code).astype(object),
        status=status,
        excuse=excuse,
    )


def _marked_there_too(sending: Sending, rows: Rows) -> Rows:
    """On some days the period without instruction carries the first period's code as well."""
    periods = numbers_of(sending.places, lambda place: place.periods or 0)[rows.place]
    also = take(rows, np.flatnonzero((periods > 0) & (rows.sequence == 1) & (rows.day % MARKED_THERE_TOO == 0)))
    return Rows(
        stint=also.stint,
        place=also.place,
        day=also.day,
        sequence=_sequence_without_instruction(sending)[also.place],
        code=also.code,
        status=also.status,
        excuse=also.excuse,
    )


def _unexcused(sending: Sending, cells: Ints, place: Ints, sequence: Ints) -> Rows:
    """Unexcused absences on (stint, day)."""
    status, excuse = _said(np.full(len(cells), int(State.UNEXCUSED), dtype=np.int64))
    return Rows(
        stint=cells[:, 0],
        place=place,
        day=cells[:, 1],
        sequence=sequence,
        code=_table(sending)[0, place, State.UNEXCUSED],
        status=status,
        excuse=excuse,
    )


def _not_to_be_counted(sending: Sending) -> Rows:
    """Cuts of the period without instruction, and whole days missed of the records that are not to be counted."""
    cuts = non_instructional_rows(sending)
    places = sending.stints.place[cuts[:, 0]]
    parts = [_unexcused(sending, cuts, places, _sequence_without_instruction(sending)[places])]
    for each in extra_enrollments(sending):
        count = max(parts_of(sending.places[each.place]), 1)
        days = np.repeat(20 + 30 * np.arange(EXTRA_ABSENCES), count)
        cells = np.stack([np.full(len(days), each.stint), days], axis=1)
        sequence = np.tile(np.arange(count), EXTRA_ABSENCES) + 1
        parts.append(_unexcused(sending, cells, np.full(len(days), each.place), sequence))
    return stack(parts)


def _columns(sending: Sending, month: str, rows: Rows) -> tuple[dict[str, Column], int]:
    order = np.lexsort((rows.sequence, sending.stints.person[rows.stint], rows.day, rows.place))
    rows = take(rows, order)
    calendar = calendar_id(sending)[rows.place]
    columns: dict[str, Column] = {
        "attendanceID": numbers_as_text(serials(sending.year.start_year, month, len(order))),
        "personID": numbers_as_text(person_id(sending)[rows.stint]),
        "calendarID": numbers_as_text(calendar),
        "date": dates_as_text(sending.year.days[rows.place, rows.day]),
        "periodID": numbers_as_text(calendar * 20 + rows.sequence),
        "excuseID": rows.code,
        "status": rows.status,
        "excuse": rows.excuse,
        "comments": notes(sending, rows.stint),
        "presentMinutes": constant("", len(order)),
    }
    return columns, len(order)


def write_attendance(root: Path, sending: Sending) -> list[Written]:
    """Write attendance month by month, the corrected month twice."""
    folder = sending.lea.sends["infinite_campus"].folder.format(school_year=sending.year.school_year)
    more = _not_to_be_counted(sending)
    in_month = spelled(sending.year.days[more.place, more.day])
    written = []
    for month in monthly(sending):
        own = _own_rows(sending, month.marks)
        rows = stack([own, _marked_there_too(sending, own), take(more, in_month == month.month)])
        columns, count = _columns(sending, month.month, rows)
        path = f"{folder}/Attendance_{month.month}_{month.sent}.csv"
        write_csv(root / path, columns, count, LINE_END)
        written.append(Written(path, "infinite_campus/Attendance", count))
    return written
