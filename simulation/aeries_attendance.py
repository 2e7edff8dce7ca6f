"""ATT: the attendance of a district on Aeries, exceptions only, month by month (docs/rules.md C.1)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulation.arrays import Ints, Texts, constant, dates_as_text, numbers_as_text, pick, stack, take
from simulation.codes import State, codes_of_states
from simulation.grades import aeries_grades
from simulation.marks import Marks, coded, monthly, months_of, sends_daily, spelled
from simulation.places import numbers_of
from simulation.sending import Sending
from simulation.text import Column, write_csv

LINE_END = "\r\n"
PERIOD_COLUMNS = 10
# Stands in ATT and in no table ABS.
UNMAPPED_LETTER = "Z"


@dataclass(frozen=True)
class Rows:
    """Rows of ATT: stint and day as positions, E or L mark, all-day code, and ten columns of period codes."""

    stint: Ints
    day: Ints
    mark: Texts
    all_day: Texts
    periods: Texts


def _entries_and_exits(sending: Sending) -> Rows:
    """Rows marked E on the first and L on the last day of each stint; they carry no codes."""
    stints, sends = sending.stints, sends_daily(sending)
    enters, leaves = np.flatnonzero(sends), np.flatnonzero(sends & ~sending.is_left_open)
    stint = np.concatenate([enters, leaves])
    last = np.maximum(stints.first, stints.last)
    return Rows(
        stint=stint,
        day=np.concatenate([stints.first[enters], last[leaves]]),
        mark=np.concatenate([constant("E", len(enters)), constant("L", len(leaves))]),
        all_day=constant("", len(stint)),
        periods=np.full((len(stint), PERIOD_COLUMNS), "", dtype=object),
    )


def _codes(sending: Sending, marks: Marks) -> Rows:
    """One row for each day that carries a code, periods in A1 and up.

    AL is blank where the periods do not share one code, and where a school without periods saw half a day missed, which
    stands in A1 (morning) or A2. A whole day at such a school is its gravest code.
    """
    letters = codes_of_states(sending.places, lambda _, code: code.letter, UNMAPPED_LETTER)
    whole, parts = coded(sending, marks, letters)
    count = numbers_of(sending.places, lambda school: school.periods or 0)[sending.stints.place[marks.stint]]
    by_period, is_partial = count > 0, marks.state == State.PARTIAL
    shared = ((parts == parts[:, :1]) | (np.arange(parts.shape[1]) >= count[:, None])).all(axis=1)
    periods = np.full((len(count), PERIOD_COLUMNS), "", dtype=object)
    periods[:, 1:] = np.where((by_period | is_partial)[:, None], parts, "")
    return Rows(
        stint=marks.stint,
        day=marks.day,
        mark=constant("", len(count)),
        all_day=np.where(by_period, np.where(shared, parts[:, 0], ""), np.where(is_partial, "", whole)).astype(object),
        periods=periods,
    )


def _columns(sending: Sending, rows: Rows) -> dict[str, Column]:
    stints, year = sending.stints, sending.year
    place = stints.place[rows.stint]
    dates = dates_as_text(year.days[place, rows.day])
    columns: dict[str, Column] = {
        "SC": numbers_as_text(numbers_of(sending.places, lambda school: school.number or 0))[place],
        "SN": sending.student_number[rows.stint],
        "DY": numbers_as_text(rows.day + 1),
        "CD": rows.mark,
        "PR": "",
        "GR": aeries_grades(stints.grade[rows.stint], year.start_year),
        "TR": "",
        "TN": numbers_as_text(100 + (stints.person[rows.stint] * 7 + place) % 60),
        "AL": rows.all_day,
    }
    columns |= {f"A{period}": rows.periods[:, period] for period in range(PERIOD_COLUMNS)}
    columns |= {"DT": dates, "RS": "", "NS": "", "AP1": "", "AP2": "", "HS": "", "IT": "", "NPS": "", "ITD": ""}
    columns |= {"ADA": "", "ADT": "", "ACO": "", "DEL": ""}
    columns["DTS"] = dates + pick(rows.mark == "", " 15:10:00", " 07:45:00")
    return columns


def _write_month(path: Path, sending: Sending, rows: Rows) -> int:
    """One file, by school, student number, day and mark."""
    school = numbers_of(sending.places, lambda place: place.number or 0)[sending.stints.place[rows.stint]]
    number = sending.student_number[rows.stint].astype(np.int64)
    order = np.lexsort((rows.mark.astype(str), rows.day, number, school))
    return write_csv(path, _columns(sending, take(rows, order)), len(order), LINE_END)


def write_attendance(folder: Path, sending: Sending) -> list[tuple[str, int]]:
    """Write ATT month by month, the corrected month twice. Returns names and data rows."""
    marked = _entries_and_exits(sending)
    in_month = spelled(months_of(sending, marked.stint, marked.day))
    written = []
    for month in monthly(sending):
        rows = stack([take(marked, in_month == month.month), _codes(sending, month.marks)])
        name = f"ATT_{month.month}_{month.sent}.csv"
        written.append((name, _write_month(folder / name, sending, rows)))
    return written
