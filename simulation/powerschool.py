"""What a district on PowerSchool sends: students, reenrollments, codes, calendars, bell schedules (docs/rules.md C.2).

An exit date is the day AFTER the last day expected. The current enrollment stands on the student, earlier ones apart.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulation.arrays import Ints, Texts, dates_as_text, numbers_as_text, pick, texts
from simulation.codes import State
from simulation.grades import aeries_grades
from simulation.planted import PlantedCase
from simulation.powerschool_attendance import codes_here, student_id, worth, write_attendance
from simulation.rosters import day_type, last_stints, places_here, stints_here, write_tables
from simulation.sending import Sending
from simulation.stints import COMPLETED, LAST_DAY, enter_dates, leave_dates
from simulation.text import Column, Written

ONE_DAY = np.timedelta64(1, "D")
Tables = tuple[dict[str, Column], int]
# calpads_category: PowerSchool's own strings are not public; these are this project's (docs/rules.md C.2).
CATEGORIES: dict[State, str] = {
    State.EXCUSED: "Excused",
    State.UNEXCUSED: "Unexcused",
    State.UNVERIFIED: "Unverified",
    State.OUT_OF_SCHOOL_SUSPENSION: "Out-of-School Suspension",
    State.IN_SCHOOL_SUSPENSION: "In-School Suspension",
    State.INDEPENDENT_STUDY: "ADA-Generating Independent Study",
    State.INCOMPLETE_INDEPENDENT_STUDY: "Non-ADA-Generating Independent Study",
    State.TARDY: "Tardy",
    State.EXCUSED_TARDY: "Tardy",
    State.UNEXCUSED_TARDY: "Tardy, unexcused",
    State.ACTIVITY: "Present",
}


def year_id(sending: Sending) -> int:
    """PowerSchool's number of a school year: 33 is 2023-24."""
    return sending.year.start_year - 1990


def _stay(sending: Sending, rows: Ints) -> dict[str, Column]:
    """The columns of an enrollment, which students and reenrollments share."""
    year, stints = sending.year, sending.stints
    leaves = leave_dates(stints, year.days)[rows]
    return {
        "schoolid": sending.school_number[stints.place[rows]],
        "grade_level": aeries_grades(stints.grade[rows], year.start_year),
        "entrydate": dates_as_text(enter_dates(stints, year.days)[rows]),
        # a student who never came leaves on the day of entry: no day lies between
        "exitdate": dates_as_text(np.where(stints.is_no_show[rows], leaves, leaves + ONE_DAY)),
        "entrycode": "E1",
        "exitcode": stints.reason[rows],
        "track": "",
        "fteid": pick(stints.is_exempt[rows], "902", "901"),
    }


def _students(sending: Sending) -> Tables:
    """One row per student, with the last enrollment of the year."""
    stints, people = sending.stints, sending.year.people
    rows = last_stints(sending)
    who = stints.person[rows]
    number = student_id(sending)[rows]
    graduated = stints.reason[rows] == COMPLETED
    left = (stints.last[rows] < LAST_DAY) & ~graduated
    columns: dict[str, Column] = {
        "id": numbers_as_text(number),
        "dcid": numbers_as_text(number + 7_000_000),
        "student_number": sending.local_id[rows],
        "state_studentnumber": people.ssid[who],
        "last_name": people.last_name[who],
        "first_name": people.first_name[who],
        "middle_name": people.middle_name[who],
        "dob": dates_as_text(people.birth_date[who]),
        "gender": people.gender[who],
        "enroll_status": np.where(graduated, "3", np.where(left, "2", "0")).astype(object),
        "street": people.street[who],
        "city": people.city[who],
        "state": "CA",
        "zip": np.where(who % 4 == 0, people.zip_code[who] + "-0001", people.zip_code[who]),
        "home_phone": people.phone[who],
    }
    return columns | _stay(sending, rows), len(rows)


def earlier_stints(sending: Sending) -> Ints:
    """The stints that a later one of the same student follows in the district."""
    return np.setdiff1d(stints_here(sending), last_stints(sending))


def _reenrollments(sending: Sending) -> Tables:
    rows = earlier_stints(sending)
    columns: dict[str, Column] = {
        "id": numbers_as_text(year_id(sending) * 100_000 + np.arange(len(rows))),
        "studentid": numbers_as_text(student_id(sending)[rows]),
    }
    return columns | _stay(sending, rows), len(rows)


def _attendance_codes(sending: Sending) -> Tables:
    codes = codes_here(sending)
    absent = [each.value < 1 for each in codes]
    columns: dict[str, Column] = {
        "id": texts(str(each.number) for each in codes),
        "schoolid": texts(str(each.place.number) for each in codes),
        "yearid": str(year_id(sending)),
        "att_code": texts(each.abbreviation for each in codes),
        "description": texts(each.title for each in codes),
        "presence_status_cd": texts("Absent" if each else "Present" for each in absent),
        "calpads_category": texts(CATEGORIES[each.state] for each in codes),
        "calculate_ada_yn": texts("0" if each else "1" for each in absent),
    }
    return columns, len(codes)


def _schedule(sending: Sending, index: int) -> int:
    """The number of a school's bell schedule and of its attendance conversion."""
    return year_id(sending) * 1_000 + index


def _calendar_days(sending: Sending) -> Tables:
    parts: list[dict[str, Texts]] = []
    for index, place in places_here(sending):
        calendar = sending.year.calendars[place.calendar]
        rows, in_session = len(calendar.weekdays), calendar.holiday == ""
        parts.append(
            {
                "id": numbers_as_text(_schedule(sending, index) * 1_000 + np.arange(rows)),
                "schoolid": texts([str(place.number)] * rows),
                "date_value": dates_as_text(calendar.weekdays),
                "insession": pick(in_session, "1", "0"),
                "membershipvalue": pick(in_session, "1", "0"),
                "bell_schedule_id": pick(in_session, str(_schedule(sending, index)), ""),
                "type": day_type(calendar.holiday),
            }
        )
    columns: dict[str, Column] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return columns, sum(len(part["id"]) for part in parts)


def _bell_schedules(sending: Sending) -> Tables:
    here = places_here(sending)
    numbers = texts(str(_schedule(sending, index)) for index, _ in here)
    columns: dict[str, Column] = {
        "id": numbers,
        "schoolid": texts(str(place.number) for _, place in here),
        "yearid": str(year_id(sending)),
        "name": "Regular",
        "attendance_conversion_id": numbers,
    }
    return columns, len(here)


def _conversion_items(sending: Sending) -> Tables:
    """What a day is worth: by its code where taken daily, by the periods attended where taken by period."""
    rows: list[tuple[int, str, int, float]] = []
    for index, place in places_here(sending):
        number = _schedule(sending, index)
        if place.periods:
            rows += [(number, "periodday", each, worth(each, place.periods)) for each in range(place.periods + 1)]
        else:
            rows += [
                (number, "codeday", code.number, code.value) for code in codes_here(sending) if code.place == place
            ]
    columns: dict[str, Column] = {
        "id": numbers_as_text(year_id(sending) * 10_000 + np.arange(len(rows))),
        "attendance_conversion_id": texts(str(number) for number, *_ in rows),
        "conversion_mode_code": texts(mode for _, mode, *_ in rows),
        "input_value": texts(str(value) for _, _, value, _ in rows),
        "attendance_value": texts(f"{value:g}" for *_, value in rows),
    }
    return columns, len(rows)


def write_powerschool(root: Path, sending: Sending) -> list[Written]:
    """Write a district's tables of a year."""
    tables = {
        "students": _students(sending),
        "reenrollments": _reenrollments(sending),
        "attendance_code": _attendance_codes(sending),
        "calendar_day": _calendar_days(sending),
        "bell_schedule": _bell_schedules(sending),
        "attendance_conversion_items": _conversion_items(sending),
    }
    return write_tables(root, sending, "powerschool", tables) + write_attendance(root, sending)


def powerschool_cases(sending: Sending) -> list[PlantedCase]:
    """What is of PowerSchool's own kind in a district's year."""
    stints, year = sending.stints, sending.year
    ssid, where = year.people.ssid[stints.person], f"{sending.lea.code} {year.school_year}"
    earlier = earlier_stints(sending)
    next_day = np.minimum(np.maximum(stints.last, 0) + 1, LAST_DAY)
    exits = sending.here & (stints.last < LAST_DAY) & ~stints.is_no_show
    following = year.days[stints.place, next_day] == leave_dates(stints, year.days) + ONE_DAY
    exclusive = np.flatnonzero(exits & following)
    return [
        PlantedCase(
            name="exclusive_exit_date",
            what="exit date on a school day on which the student is no longer expected",
            where=where,
            students=len(exclusive),
            ssids=tuple(ssid[exclusive].tolist()),
        ),
        PlantedCase(
            name="reenrollments",
            what="earlier stints that stand in reenrollments, not on the student",
            where=where,
            students=len(earlier),
            ssids=tuple(ssid[earlier].tolist()),
        ),
    ]
