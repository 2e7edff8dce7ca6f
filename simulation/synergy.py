"""What a district on Synergy sends: students, enrollments, codes, calendar (docs/rules.md C.4)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulation.arrays import Texts, constant, dates_as_text, pick, texts
from simulation.codes import State, code_set
from simulation.grades import synergy_grades
from simulation.marks import marks_of
from simulation.planted import PlantedCase
from simulation.rosters import last_stints, places_here, stints_here, write_tables
from simulation.sending import Sending
from simulation.stints import enter_dates, leave_dates
from simulation.synergy_attendance import enrollment_gu, extra_enrollments, extra_gu, write_attendance
from simulation.text import Column, Written

Tables = tuple[dict[str, Column], int]
# What TYPE says; but for UNE these are this project's (docs/rules.md C.4).
TYPES: dict[State, str] = {
    State.EXCUSED: "EXC",
    State.UNEXCUSED: "UNE",
    State.UNVERIFIED: "UNV",
    State.OUT_OF_SCHOOL_SUSPENSION: "SUS",
    State.IN_SCHOOL_SUSPENSION: "ISS",
    State.INDEPENDENT_STUDY: "ISC",
    State.INCOMPLETE_INDEPENDENT_STUDY: "ISI",
    State.TARDY: "TDY",
    State.EXCUSED_TARDY: "TDE",
    State.UNEXCUSED_TARDY: "TDU",
    State.ACTIVITY: "ACT",
}


def _students(sending: Sending) -> Tables:
    people = sending.year.people
    rows = last_stints(sending)
    who = sending.stints.person[rows]
    columns: dict[str, Column] = {
        "SIS_NUMBER": sending.local_id[rows],
        "STATE_STUDENT_NUMBER": people.ssid[who],
        "LAST_NAME": people.last_name[who],
        "FIRST_NAME": people.first_name[who],
        "MIDDLE_NAME": people.middle_name[who],
        "BIRTH_DATE": dates_as_text(people.birth_date[who]),
        "GENDER": people.gender[who],
        "ADDRESS": people.street[who],
        "CITY": people.city[who],
        "ZIP": people.zip_code[who],
        "PHONE": people.phone[who],
    }
    return columns, len(rows)


def _enrollments(sending: Sending) -> Tables:
    """One row per stint, with the leave date that the district's registry means; behind them the uncounted ones."""
    year, stints, lea = sending.year, sending.stints, sending.lea
    rows = stints_here(sending)
    is_open = sending.is_left_open[rows]
    later = np.timedelta64(1 if lea.leave_date == "day_after" else 0, "D")
    leaves = dates_as_text(leave_dates(stints, year.days)[rows] + later)
    extra = extra_enrollments(sending)
    stint = np.array([each for each, _ in extra], dtype=np.int64)
    place = np.array([each for _, each in extra], dtype=np.int64)
    both, at = np.concatenate([rows, stint]), np.concatenate([stints.place[rows], place])
    last_of_extra = dates_as_text(year.days[place, -1] + later)
    columns: dict[str, Column] = {
        "ENROLLMENT_GU": np.concatenate([enrollment_gu(sending, rows), extra_gu(sending, len(extra))]),
        "SIS_NUMBER": sending.local_id[both],
        "SCHOOL_CODE": sending.school_number[at],
        "SCHOOL_YEAR": str(year.start_year),
        "GRADE": synergy_grades(stints.grade[both], year.start_year),
        "ENTER_DATE": dates_as_text(np.concatenate([enter_dates(stints, year.days)[rows], year.days[place, 0]])),
        "LEAVE_DATE": np.concatenate([np.where(is_open, "", leaves).astype(object), last_of_extra]),
        "LEAVE_CODE": np.concatenate(
            [np.where(is_open, "", stints.reason[rows]).astype(object), constant("E155", len(extra))]
        ),
        "EXCLUDE_ADA_ADM": np.concatenate([constant("", len(rows)), constant("Y", len(extra))]),
    }
    return columns, len(both)


def _codes(sending: Sending) -> Tables:
    rows = [(place, code) for _, place in places_here(sending) for code in code_set(place)]
    columns: dict[str, Column] = {
        "SCHOOL_CODE": texts(str(place.number) for place, _ in rows),
        "SCHOOL_YEAR": str(sending.year.start_year),
        "ABBREVIATION": texts(code.abbreviation for _, code in rows),
        "DESCRIPTION": texts(code.title for _, code in rows),
        "TYPE": texts(TYPES[code.state] for _, code in rows),
    }
    return columns, len(rows)


def _calendar(sending: Sending) -> Tables:
    parts: list[dict[str, Texts]] = []
    for _, place in places_here(sending):
        calendar = sending.year.calendars[place.calendar]
        parts.append(
            {
                "SCHOOL_CODE": constant(str(place.number), len(calendar.weekdays)),
                "CAL_DATE": dates_as_text(calendar.weekdays),
                "IN_SESSION": pick(calendar.holiday == "", "Y", "N"),
                "HOLIDAY": calendar.holiday,
            }
        )
    columns: dict[str, Column] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return columns, sum(len(part["CAL_DATE"]) for part in parts)


def write_synergy(root: Path, sending: Sending) -> list[Written]:
    """Write a district's tables of a year."""
    tables = {
        "students": _students(sending),
        "enrollment": _enrollments(sending),
        "codes": _codes(sending),
        "calendar": _calendar(sending),
    }
    return write_tables(root, sending, "synergy", tables) + write_attendance(root, sending)


def synergy_cases(sending: Sending) -> list[PlantedCase]:
    """What is of Synergy's own kind in a district's year."""
    year, marks = sending.year, marks_of(sending)
    ssid, where = year.people.ssid[sending.stints.person], f"{sending.lea.code} {year.school_year}"
    halves = np.array([place.has_halves for place in sending.places])[sending.stints.place[marks.stint]]
    partial = halves & (marks.state == State.PARTIAL)
    missed = np.isin(marks.parts, [int(State.EXCUSED), int(State.UNEXCUSED)])
    told = {
        "morning_only": ("days of which only the morning was missed", marks.stint[partial & missed[:, 0]]),
        "afternoon_only": ("days of which only the afternoon was missed", marks.stint[partial & missed[:, 1]]),
        "two_reasons": (
            "days missed whole, the morning for another reason than the afternoon",
            marks.stint[
                halves & missed[:, 0] & (marks.parts[:, 1] > 0) & (marks.parts[:, 0] != marks.parts[:, 1]) & ~partial
            ],
        ),
        "exclude_ada_adm": (
            "a second record with EXCLUDE_ADA_ADM, with absences, not to be counted",
            np.array([stint for stint, _ in extra_enrollments(sending)], dtype=np.int64),
        ),
    }
    return [
        PlantedCase(name=name, what=what, where=where, students=len(rows), ssids=tuple(ssid[rows].tolist()))
        for name, (what, rows) in told.items()
        if len(rows)
    ]
