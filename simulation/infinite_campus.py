"""What a district on Infinite Campus sends: students, enrollments, calendars, days, periods, codes (docs/rules.md C.3).

An end date is the last day expected. A few records are not to be counted: no-shows, records left out of what the state
is told, and records of a service at a second school.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulation.arrays import Texts, constant, dates_as_text, numbers_as_text, pick, texts
from simulation.calendars import STAFF_DAY
from simulation.codes import code_set
from simulation.grades import campus_grades
from simulation.infinite_campus_attendance import (
    MEANINGS,
    calendar_id,
    excuse_id,
    extra_enrollments,
    missed_all_but_one_period,
    non_instructional_rows,
    periods_of,
    person_id,
    write_attendance,
)
from simulation.planted import PlantedCase
from simulation.rosters import last_stints, places_here, stints_here, write_tables
from simulation.sending import Sending
from simulation.stints import enter_dates, leave_dates
from simulation.text import Column, Written

Tables = tuple[dict[str, Column], int]


def _students(sending: Sending) -> Tables:
    stints, people = sending.stints, sending.year.people
    rows = last_stints(sending)
    who = stints.person[rows]
    columns: dict[str, Column] = {
        "personID": numbers_as_text(person_id(sending)[rows]),
        "stateID": people.ssid[who],
        "studentNumber": sending.local_id[rows],
        "lastName": people.last_name[who],
        "firstName": people.first_name[who],
        "middleName": people.middle_name[who],
        "birthdate": dates_as_text(people.birth_date[who]),
        "gender": people.gender[who],
        "address": people.street[who],
        "city": people.city[who],
        "zip": people.zip_code[who],
        "guardian": people.guardian_first_name[who] + " " + people.last_name[who],
        "phone": people.phone[who],
    }
    return columns, len(rows)


def _own_enrollments(sending: Sending) -> dict[str, Texts]:
    """One row per stint. Of the no-shows every other one has no end date and no status: only the flag tells it."""
    year, stints = sending.year, sending.stints
    rows = stints_here(sending)
    no_show = stints.is_no_show[rows]
    is_open = sending.is_left_open[rows] | (no_show & (np.cumsum(no_show) % 2 == 1))
    return {
        "enrollmentID": numbers_as_text(sending.year.start_year % 100 * 1_000_000 + rows),
        "personID": numbers_as_text(person_id(sending)[rows]),
        "calendarID": numbers_as_text(calendar_id(sending)[stints.place[rows]]),
        "endYear": constant(str(year.start_year + 1), len(rows)),
        "grade": campus_grades(stints.grade[rows], year.start_year),
        "serviceType": constant("P", len(rows)),
        "startDate": dates_as_text(enter_dates(stints, year.days)[rows]),
        "endDate": np.where(is_open, "", dates_as_text(leave_dates(stints, year.days)[rows])).astype(object),
        "startStatus": constant("E1", len(rows)),
        "endStatus": np.where(is_open, "", stints.reason[rows]).astype(object),
        "noShow": pick(no_show, "1", "0"),
        "stateExclude": constant("0", len(rows)),
    }


def _enrollments(sending: Sending) -> Tables:
    """The district's enrollments and, behind them, those that are not to be counted."""
    year, own = sending.year, _own_enrollments(sending)
    extra = extra_enrollments(sending)
    stint = np.array([each.stint for each in extra], dtype=np.int64)
    place = np.array([each.place for each in extra], dtype=np.int64)
    days = year.days[place]
    more: dict[str, Texts] = {
        "enrollmentID": numbers_as_text(year.start_year % 100 * 1_000_000 + 900_000 + np.arange(len(extra))),
        "personID": numbers_as_text(person_id(sending)[stint]),
        "calendarID": numbers_as_text(calendar_id(sending)[place]),
        "endYear": constant(str(year.start_year + 1), len(extra)),
        "grade": campus_grades(sending.stints.grade[stint], year.start_year),
        "serviceType": texts(each.service for each in extra),
        "startDate": dates_as_text(days[:, 0]),
        "endDate": dates_as_text(days[:, -1]),
        "startStatus": constant("E1", len(extra)),
        "endStatus": constant("E155", len(extra)),
        "noShow": constant("0", len(extra)),
        "stateExclude": texts("1" if each.is_excluded else "0" for each in extra),
    }
    columns: dict[str, Column] = {name: np.concatenate([own[name], more[name]]) for name in own}
    return columns, len(own["personID"]) + len(extra)


def _calendars(sending: Sending) -> Tables:
    here, year = places_here(sending), sending.year
    ends = [year.calendars[place.calendar].weekdays[[0, -1]] for _, place in here]
    columns: dict[str, Column] = {
        "calendarID": texts(str(calendar_id(sending)[index]) for index, _ in here),
        "schoolID": texts(str(index + 1) for index, _ in here),
        "schoolNumber": texts(str(place.number) for _, place in here),
        "endYear": str(year.start_year + 1),
        "name": texts(f"{year.school_year} school {place.number}" for _, place in here),
        "startDate": dates_as_text(np.array([each[0] for each in ends])),
        "endDate": dates_as_text(np.array([each[1] for each in ends])),
    }
    return columns, len(here)


def _days(sending: Sending) -> Tables:
    """Each weekday; on a staff day the school is open, but nobody is taught."""
    parts: list[dict[str, Texts]] = []
    for index, place in places_here(sending):
        calendar = sending.year.calendars[place.calendar]
        taught = calendar.holiday == ""
        number = int(calendar_id(sending)[index])
        parts.append(
            {
                "dayID": numbers_as_text(number * 1_000 + np.arange(len(taught))),
                "calendarID": constant(str(number), len(taught)),
                "date": dates_as_text(calendar.weekdays),
                "schoolDay": pick(taught | (calendar.holiday == STAFF_DAY), "1", "0"),
                "instruction": pick(taught, "1", "0"),
                "attendance": pick(taught, "1", "0"),
            }
        )
    columns: dict[str, Column] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return columns, sum(len(part["dayID"]) for part in parts)


def _periods(sending: Sending) -> Tables:
    rows = [(index, period) for index, place in places_here(sending) for period in periods_of(place)]
    columns: dict[str, Column] = {
        "periodID": texts(str(calendar_id(sending)[index] * 20 + period.sequence) for index, period in rows),
        "calendarID": texts(str(calendar_id(sending)[index]) for index, _ in rows),
        "name": texts(period.name for _, period in rows),
        "seq": texts(str(period.sequence) for _, period in rows),
        "nonInstructional": texts("0" if period.is_instructional else "1" for _, period in rows),
    }
    return columns, len(rows)


def _excuses(sending: Sending) -> Tables:
    rows = [(index, code) for index, place in places_here(sending) for code in code_set(place)]
    columns: dict[str, Column] = {
        "excuseID": texts(excuse_id(sending, index, code) for index, code in rows),
        "calendarID": texts(str(calendar_id(sending)[index]) for index, _ in rows),
        "code": texts(code.abbreviation for _, code in rows),
        "description": texts(code.title for _, code in rows),
        "status": texts(MEANINGS[code.state].status for _, code in rows),
        "excuse": texts(MEANINGS[code.state].excuse for _, code in rows),
        "stateCode": texts(MEANINGS[code.state].state_code for _, code in rows),
    }
    return columns, len(rows)


def write_infinite_campus(root: Path, sending: Sending) -> list[Written]:
    """Write a district's tables of a year."""
    tables = {
        "Student": _students(sending),
        "Enrollment": _enrollments(sending),
        "Calendar": _calendars(sending),
        "Day": _days(sending),
        "Period": _periods(sending),
        "AttendanceExcuse": _excuses(sending),
    }
    return write_tables(root, sending, "infinite_campus", tables) + write_attendance(root, sending)


def infinite_campus_cases(sending: Sending) -> list[PlantedCase]:
    """What is of Infinite Campus' own kind in a district's year."""
    stints, year = sending.stints, sending.year
    ssid, where = year.people.ssid[stints.person], f"{sending.lea.code} {year.school_year}"
    extra = extra_enrollments(sending)
    told = {
        "no_show_by_flag": (
            "noShow = 1, half of them without an end date and a status",
            np.flatnonzero(sending.here & stints.is_no_show).tolist(),
        ),
        "state_exclude": (
            "a second record with stateExclude = 1, with absences, not to be counted",
            [each.stint for each in extra if each.is_excluded],
        ),
        "service_type_n": (
            "a second record with serviceType N, with absences, not to be counted",
            [each.stint for each in extra if each.service == "N"],
        ),
        "non_instructional_period": (
            "days on which only a period without instruction was missed",
            non_instructional_rows(sending)[:, 0].tolist(),
        ),
        "all_but_one_period": (
            "days missed in all periods but one, which are days attended",
            missed_all_but_one_period(sending).tolist(),
        ),
    }
    return [
        PlantedCase(name=name, what=what, where=where, students=len(rows), ssids=tuple(ssid[rows].tolist()))
        for name, (what, rows) in told.items()
        if rows
    ]
