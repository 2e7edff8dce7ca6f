"""Attendance of a district on Synergy: a row for each day, and one for each period below it (docs/rules.md C.4)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulation.arrays import Ints, Texts, dates_as_text, pick, stack, take, texts
from simulation.codes import ABSENT_STATES, State, codes_of_states
from simulation.marks import PARTS, TARDIES, Marks, coded, monthly, parts_of, spelled
from simulation.places import numbers_of
from simulation.rosters import LINE_END, extra_students, notes
from simulation.sending import Sending
from simulation.text import Column, Written, write_csv

# Stands in daily and period and in no table of codes.
UNMAPPED_REASON = "ZZZ"
ENROLLMENT, EXTRA, DAY, PERIOD = "8001", "8002", "8003", "8004"
EXTRA_ABSENCES = 3


@dataclass(frozen=True)
class Days:
    """Rows of daily: number of the row within the month, place and day as positions, enrollment, reasons, periods.

    periods: rows by parts, the reasons of a school with periods; the day's own two are then blank
    absent:  rows by 2, whether morning and afternoon were missed
    """

    stint: Ints
    place: Ints
    day: Ints
    enrollment: Texts
    reasons: Texts
    absent: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    periods: Texts


def _gus(sending: Sending, kind: str, numbers: Ints) -> Texts:
    """Identifiers as Synergy has them, of a district, year, kind of record and number."""
    head = f"{int(sending.lea.code):08X}-{sending.year.start_year:04d}-4{kind[:3]}-{kind}-"
    return texts(f"{head}{number:012X}" for number in numbers.tolist())


def enrollment_gu(sending: Sending, stint: Ints) -> Texts:
    """The identifiers of stints."""
    return _gus(sending, ENROLLMENT, stint)


def extra_gu(sending: Sending, rows: int) -> Texts:
    """The identifiers of the records that are not to be counted."""
    return _gus(sending, EXTRA, np.arange(rows))


def extra_enrollments(sending: Sending) -> list[tuple[int, int]]:
    """(stint, place): a few students who stand at a second school as well, left out of attendance."""
    return extra_students(sending, 3)


def _days(sending: Sending, marks: Marks) -> Days:
    """A row for each day with a code. A tardy stands in the morning, other reasons of whole days in both halves."""
    place = sending.stints.place[marks.stint]
    table = codes_of_states(sending.places, lambda _, code: code.abbreviation, UNMAPPED_REASON)
    whole, parts = coded(sending, marks, table)
    by_period = numbers_of(sending.places, lambda school: school.periods or 0)[place] > 0
    told = numbers_of(sending.places, parts_of)[place] > 0
    afternoon = np.where(np.isin(marks.state, TARDIES), "", whole)
    halves = np.where(told[:, None], parts[:, :2], np.stack([whole, afternoon], axis=1))
    state = np.where(told[:, None], marks.parts[:, :2], marks.state[:, None])
    return Days(
        stint=marks.stint,
        place=place,
        day=marks.day,
        enrollment=enrollment_gu(sending, marks.stint),
        reasons=np.where(by_period[:, None], "", halves).astype(object),
        absent=np.isin(state, [int(each) for each in ABSENT_STATES]) & ~by_period[:, None],
        periods=np.where(by_period[:, None], parts, "").astype(object),
    )


def _not_to_be_counted(sending: Sending) -> Days:
    """Whole days missed of the records that are left out of attendance."""
    table = codes_of_states(sending.places, lambda _, code: code.abbreviation, UNMAPPED_REASON)
    extra = extra_enrollments(sending)
    each = np.repeat(np.arange(len(extra)), EXTRA_ABSENCES)
    place = np.array([place for _, place in extra], dtype=np.int64)[each]
    reason = table[0, place, State.UNEXCUSED]
    periods = numbers_of(sending.places, lambda school: school.periods or 0)[place]
    inside = np.arange(PARTS)[None, :] < periods[:, None]
    return Days(
        stint=np.array([stint for stint, _ in extra], dtype=np.int64)[each],
        place=place,
        day=np.tile(20 + 30 * np.arange(EXTRA_ABSENCES), len(extra)),
        enrollment=extra_gu(sending, len(extra))[each],
        reasons=np.where(periods[:, None] > 0, "", np.stack([reason, reason], axis=1)).astype(object),
        absent=np.repeat((periods == 0)[:, None], 2, axis=1),
        periods=np.where(inside, reason[:, None], "").astype(object),
    )


def _daily(sending: Sending, month: str, days: Days) -> dict[str, Column]:
    rows = len(days.stint)
    return {
        "DAILY_ATTEND_GU": _gus(sending, DAY, int(month) * 1_000_000 + np.arange(rows)),
        "ENROLLMENT_GU": days.enrollment,
        "ABS_DATE": dates_as_text(sending.year.days[days.place, days.day]),
        "CODE_ABS_REAS1": days.reasons[:, 0],
        "CODE_ABS_REAS2": days.reasons[:, 1],
        "ABS_FTE1": pick(days.absent[:, 0], "0.5", "0"),
        "ABS_FTE2": pick(days.absent[:, 1], "0.5", "0"),
        "NOTE": notes(sending, days.stint),
    }


def _periods(sending: Sending, month: str, days: Days) -> tuple[dict[str, Column], int]:
    row, part = np.nonzero(days.periods != "")
    numbers = texts(str(number) for number in range(1, days.periods.shape[1] + 1))
    first = int(month) * 1_000_000
    columns: dict[str, Column] = {
        "PERIOD_ATTEND_GU": _gus(sending, PERIOD, first + np.arange(len(row))),
        "DAILY_ATTEND_GU": _gus(sending, DAY, first + row),
        "ENROLLMENT_GU": days.enrollment[row],
        "ABS_DATE": dates_as_text(sending.year.days[days.place[row], days.day[row]]),
        "BELL_PERIOD": numbers[part],
        "CODE_ABS_REAS": days.periods[row, part],
    }
    return columns, len(row)


def write_attendance(root: Path, sending: Sending) -> list[Written]:
    """Write daily and period month by month, the corrected month twice."""
    folder = sending.lea.sends["synergy"].folder.format(school_year=sending.year.school_year)
    more = _not_to_be_counted(sending)
    in_month = spelled(sending.year.days[more.place, more.day])
    written = []
    for month in monthly(sending):
        days = stack([_days(sending, month.marks), take(more, in_month == month.month)])
        days = take(days, np.lexsort((sending.stints.person[days.stint], days.day, days.place)))
        tables = {
            "daily": (_daily(sending, month.month, days), len(days.stint)),
            "period": _periods(sending, month.month, days),
        }
        for table, (columns, rows) in ((table, each) for table, each in tables.items() if each[1]):
            path = f"{folder}/{table}_{month.month}_{month.sent}.csv"
            write_csv(root / path, columns, rows, LINE_END)
            written.append(Written(path, f"synergy/{table}", rows))
    return written
