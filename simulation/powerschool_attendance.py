"""ATTENDANCE of a district on PowerSchool: one code for the day, or one for each period (docs/rules.md C.2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulation.arrays import Ints, dates_as_text, numbers_as_text, texts
from simulation.codes import ABSENT_STATES, AbsenceCode, State, code_set, codes_of_states
from simulation.marks import NOTHING, Marks, coded, monthly
from simulation.places import Place, numbers_of
from simulation.rosters import LINE_END, local_numbers, notes, places_here, serials
from simulation.sending import Sending
from simulation.text import Column, Written, write_csv

DAILY, MEETING = "ATT_ModeDaily", "ATT_ModeMeeting"
# Stands in attendance and in no table of codes.
UNMAPPED_ID = "99"
# Behind a school's ordinary codes stand those for half a day, where mornings and afternoons are told apart.
HALF_EXCUSED, HALF_UNEXCUSED = 90, 91


@dataclass(frozen=True)
class Code:
    """A row of attendance_code and what it is worth of a day in the conversion of daily attendance."""

    number: int
    place: Place
    abbreviation: str
    title: str
    state: State
    value: float


def student_id(sending: Sending) -> Ints:
    """PowerSchool's own number of the student, by stint."""
    return local_numbers(sending) * 3 + 17


def worth(attended: int, periods: int) -> float:
    """Of a day: nothing where no period was attended, half of it for less than half, else all."""
    if attended == 0:
        return 0
    return 0.5 if attended * 2 < periods else 1


def _code_number(sending: Sending, index: int, which: int) -> int:
    return (sending.year.start_year - 1990) * 100_000 + index * 100 + which


def _number_of(sending: Sending, index: int, code: AbsenceCode) -> str:
    return str(_code_number(sending, index, code_set(sending.places[index]).index(code)))


def codes_here(sending: Sending) -> list[Code]:
    """All codes of the district's schools."""
    found = []
    for index, place in places_here(sending):
        for which, code in enumerate(code_set(place)):
            value = 0.0 if code.state in ABSENT_STATES else 1.0
            number = _code_number(sending, index, which)
            found.append(Code(number, place, code.abbreviation, code.title, code.state, value))
        if place.has_halves:
            for which, name, state in (
                (HALF_EXCUSED, "Half day, excused", State.EXCUSED),
                (HALF_UNEXCUSED, "Half day, unexcused", State.UNEXCUSED),
            ):
                found.append(Code(_code_number(sending, index, which), place, f"HD{which}", name, state, 0.5))
    return found


def _rows(sending: Sending, marks: Marks) -> tuple[Ints, Ints, np.ndarray[tuple[int], np.dtype[np.object_]]]:
    """Which mark, which period (0 in daily mode) and which code's number, one each row of the file."""
    place = sending.stints.place[marks.stint]
    table = codes_of_states(sending.places, lambda index, code: _number_of(sending, index, code), UNMAPPED_ID)
    whole, parts = coded(sending, marks, table)
    by_period = (numbers_of(sending.places, lambda school: school.periods or 0) > 0)[place]
    half = np.where((marks.parts == State.EXCUSED).any(axis=1), HALF_EXCUSED, HALF_UNEXCUSED)
    half_day = numbers_as_text((sending.year.start_year - 1990) * 100_000 + place * 100 + half)
    whole = np.where(marks.state == State.PARTIAL, half_day, whole)
    daily = np.flatnonzero(~by_period)
    row, part = np.nonzero((marks.parts != NOTHING) & by_period[:, None])
    mark = np.concatenate([daily, row])
    period = np.concatenate([np.zeros(len(daily), dtype=np.int64), part + 1])
    codes = np.concatenate([whole[daily], parts[row, part]])
    order = np.lexsort((period, sending.stints.person[marks.stint[mark]], marks.day[mark], place[mark]))
    return mark[order], period[order], codes[order]


def _columns(sending: Sending, month: str, marks: Marks) -> tuple[dict[str, Column], int]:
    mark, period, codes = _rows(sending, marks)
    stint = marks.stint[mark]
    place = sending.stints.place[stint]
    year = sending.year.start_year - 1990
    columns: dict[str, Column] = {
        "id": numbers_as_text(serials(sending.year.start_year, month, len(mark))),
        "studentid": numbers_as_text(student_id(sending)[stint]),
        "schoolid": sending.school_number[place],
        "yearid": str(year),
        "att_date": dates_as_text(sending.year.days[place, marks.day[mark]]),
        "att_mode_code": texts([DAILY, MEETING])[(period > 0).astype(np.int64)],
        "attendance_codeid": codes,
        "calendar_dayid": numbers_as_text(year * 1_000_000 + place * 1_000 + marks.day[mark]),
        "periodid": np.where(period > 0, numbers_as_text(place * 100 + period), "").astype(object),
        "att_comment": notes(sending, stint),
    }
    return columns, len(mark)


def write_attendance(root: Path, sending: Sending) -> list[Written]:
    """Write attendance month by month, the corrected month twice."""
    folder = sending.lea.sends["powerschool"].folder.format(school_year=sending.year.school_year)
    written = []
    for month in monthly(sending):
        columns, rows = _columns(sending, month.month, month.marks)
        path = f"{folder}/attendance_{month.month}_{month.sent}.csv"
        write_csv(root / path, columns, rows, LINE_END)
        written.append(Written(path, "powerschool/attendance", rows))
    return written
