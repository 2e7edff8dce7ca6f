"""PowerSchool: students and reenrollments, attendance and what it is worth of a day (docs/rules.md C.2).

A day is missed only if the conversion of that day's bell schedule makes it worth nothing. Where attendance is taken by
period, what is converted is the number of periods that were not missed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd

from tests.oracle.daily import ABSENCES, ATTENDED, UNMAPPED, Daily
from tests.oracle.extracts import Lea, School, read_sis
from tests.oracle.students import GRADES, cds_codes, iso_dates, known_as, tuples

OUTCOME_OF_CATEGORY = {
    "Excused": "excused",
    "Unexcused": "unexcused",
    "Unverified": "unexcused",
    "Out-of-School Suspension": "oss",
    "Non-ADA-Generating Independent Study": "non_ada_is",
    "In-School Suspension": ATTENDED,
    "ADA-Generating Independent Study": ATTENDED,
    "Tardy": ATTENDED,
    "Present": ATTENDED,
}
GRADE_OF_NUMBER = dict(zip((str(grade) for grade in range(-1, 13)), GRADES, strict=True))
DAILY, MEETING = "ATT_ModeDaily", "ATT_ModeMeeting"
# school year, conversion, mode, what comes in
Worth = dict[tuple[str, str, str, str], float]


def _worth(items: Worth, year: str, conversion: str, mode: str, comes_in: str) -> float | None:
    return items.get((year, conversion, mode, comes_in))


def read_daily(extracts: Path, lea: Lea) -> Daily:
    """What the district's tables tell."""
    calendar = read_sis(extracts, lea, "calendar_day")
    calendar = calendar.loc[calendar["insession"] == "1"]
    return Daily(
        sessions=calendar.assign(cds=cds_codes(lea, calendar["schoolid"]), date=iso_dates(calendar["date_value"])),
        coded=_coded(extracts, lea),
        enrolments=_enrolments(extracts, lea),
    )


def _known(extracts: Path, lea: Lea) -> dict[tuple[str, str], str]:
    rows = tuples(read_sis(extracts, lea, "students"), "school_year", "id", "state_studentnumber", "student_number")
    return {(year, number): known_as(lea, ssid, local) for year, number, ssid, local in rows}


def _conversions(extracts: Path, lea: Lea) -> dict[tuple[str, str, str], str]:
    """The conversion of each school year, school and date, by way of the bell schedule."""
    of_schedule = {
        (year, schedule): conversion
        for year, schedule, conversion in tuples(
            read_sis(extracts, lea, "bell_schedule"), "school_year", "id", "attendance_conversion_id"
        )
    }
    days = tuples(read_sis(extracts, lea, "calendar_day"), "school_year", "schoolid", "date_value", "bell_schedule_id")
    return {(year, school, day): of_schedule.get((year, schedule), "") for year, school, day, schedule in days}


def _coded(extracts: Path, lea: Lea) -> pd.DataFrame:
    """One row per student and day."""
    rows = read_sis(extracts, lea, "attendance")
    known, conversions = _known(extracts, lea), _conversions(extracts, lea)
    meanings = {
        (year, code): OUTCOME_OF_CATEGORY.get(category, "unexcused" if presence == "Absent" else ATTENDED)
        for year, code, presence, category in tuples(
            read_sis(extracts, lea, "attendance_code"), "school_year", "id", "presence_status_cd", "calpads_category"
        )
    }
    items = read_sis(extracts, lea, "attendance_conversion_items")
    keys = tuples(items, "school_year", "attendance_conversion_id", "conversion_mode_code", "input_value")
    worth: Worth = {
        (year, conversion, mode, comes): float(value)
        for (year, conversion, mode, comes), value in zip(keys, items["attendance_value"].tolist(), strict=True)
    }
    cds = dict(zip(rows["schoolid"], cds_codes(lea, rows["schoolid"]), strict=True))
    schools = {school.cds: school for school in lea.schools}
    days: dict[tuple[str, str, str, str], list[tuple[str, str, str]]] = {}
    for year, student, number, day, mode, code in tuples(
        rows, "school_year", "studentid", "schoolid", "att_date", "att_mode_code", "attendance_codeid"
    ):
        heard = meanings.get((year, code), UNMAPPED)
        days.setdefault((year, number, student, day), []).append((mode, code, heard))
    told = []
    for (year, number, student, day), marks in days.items():
        conversion = conversions.get((year, number, day), "")
        outcome = _day(marks, schools[cds[number]], partial(_worth, worth, year, conversion))
        told.append((year, cds[number], known.get((year, student), ""), day, outcome))
    found = pd.DataFrame(told, columns=["school_year", "cds", "ssid", "date", "outcome"], dtype=str)
    return found.assign(date=iso_dates(found["date"]))


def _day(marks: list[tuple[str, str, str]], school: School, worth: Callable[[str, str], float | None]) -> str:
    """What a day of marks (mode, code, what the code means) was; worth: of a day, by conversion mode and input."""
    daily = [(code, heard) for mode, code, heard in marks if mode == DAILY]
    if daily:
        code, heard = daily[0]
        return ATTENDED if heard in ABSENCES and worth("codeday", code) != 0 else heard
    if school.periods is None:
        return ATTENDED
    heard_of = [heard for *_, heard in marks]
    missed = [heard for heard in heard_of if heard in ABSENCES]
    unknown = heard_of.count(UNMAPPED)
    if worth("periodday", str(max(school.periods - len(missed), 0))) == 0:
        return min(missed, key=ABSENCES.index)
    if unknown and worth("periodday", str(max(school.periods - len(missed) - unknown, 0))) == 0:
        return UNMAPPED
    return ATTENDED


def _enrolments(extracts: Path, lea: Lea) -> pd.DataFrame:
    """The current enrolment stands on the student, earlier ones in reenrollments. An exit date is the day after."""
    current = read_sis(extracts, lea, "students").rename(columns={"id": "studentid"})
    rows = pd.concat([current, read_sis(extracts, lea, "reenrollments")], ignore_index=True)
    rows = rows.loc[rows["entrydate"] != ""]
    known = _known(extracts, lea)
    return rows.assign(
        cds=cds_codes(lea, rows["schoolid"]),
        ssid=[known.get((year, student), "") for year, student in tuples(rows, "school_year", "studentid")],
        start=iso_dates(rows["entrydate"]),
        end=iso_dates(rows["exitdate"]) - pd.Timedelta(days=1),
        grade=rows["grade_level"].map(GRADE_OF_NUMBER),
        exit_reason=rows["exitcode"],
    )
