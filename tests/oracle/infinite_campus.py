"""Infinite Campus: a row per student, date and period with an exception (docs/rules.md C.3).

A day is missed only if every instructional period of the calendar is. Records of no-shows, those left out of what the
state is told, those of a second school (S) and those of a service alone (N) are not counted.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from tests.oracle.daily import ATTENDED, UNMAPPED, Daily, day_of_parts
from tests.oracle.extracts import Lea, read_sis
from tests.oracle.students import GRADES, cds_codes, iso_dates, known_as, tuples

OUTCOME_OF_STATE_CODE = {"100": "oss", "110": ATTENDED, "120": ATTENDED, "130": "non_ada_is"}
OUTCOME_OF_EXCUSE = {"E": "excused", "U": "unexcused", "K": "unexcused", "X": ATTENDED}
GRADE_OF_TEXT = {"KG": "KN", **{grade: grade for grade in GRADES}}


def read_daily(extracts: Path, lea: Lea) -> Daily:
    """What the district's tables tell."""
    schools = _schools(extracts, lea)
    days = read_sis(extracts, lea, "Day")
    days = days.loc[(days[["schoolDay", "instruction", "attendance"]] == "1").all(axis=1)]
    return Daily(
        sessions=days.assign(cds=days["calendarID"].map(schools), date=iso_dates(days["date"])),
        coded=_coded(extracts, lea, schools),
        enrolments=_enrolments(extracts, lea, schools),
    )


def _schools(extracts: Path, lea: Lea) -> dict[str, str]:
    """CDS codes by calendar."""
    calendars = read_sis(extracts, lea, "Calendar")
    return dict(zip(calendars["calendarID"], cds_codes(lea, calendars["schoolNumber"]), strict=True))


def _known(extracts: Path, lea: Lea) -> dict[tuple[str, str], str]:
    rows = tuples(read_sis(extracts, lea, "Student"), "school_year", "personID", "stateID", "studentNumber")
    return {(year, person): known_as(lea, ssid, local) for year, person, ssid, local in rows}


def _meaning(status: str, excuse: str, state_code: str) -> str:
    if state_code in OUTCOME_OF_STATE_CODE:
        return OUTCOME_OF_STATE_CODE[state_code]
    if status == "A":
        return OUTCOME_OF_EXCUSE.get(excuse, "unexcused")
    return ATTENDED if status in {"T", "E"} else UNMAPPED


def _coded(extracts: Path, lea: Lea, schools: dict[str, str]) -> pd.DataFrame:
    """One row per student and day."""
    known = _known(extracts, lea)
    periods = read_sis(extracts, lea, "Period")
    taught = {
        period: calendar
        for period, calendar, without in tuples(periods, "periodID", "calendarID", "nonInstructional")
        if without != "1"
    }
    count = Counter(taught.values())
    codes = {
        code: (status, excuse, state_code)
        for code, status, excuse, state_code in tuples(
            read_sis(extracts, lea, "AttendanceExcuse"), "excuseID", "status", "excuse", "stateCode"
        )
    }
    days: dict[tuple[str, str, str, str], list[str]] = {}
    for year, person, calendar, day, period, code, status, excuse in tuples(
        read_sis(extracts, lea, "Attendance"),
        *("school_year", "personID", "calendarID", "date", "periodID", "excuseID", "status", "excuse"),
    ):
        heard = days.setdefault((year, calendar, person, day), [])
        if period in taught:
            # the row's own letters come before its code's; only the code says what the state calls it
            usual, excused, state_code = codes.get(code, ("", "", ""))
            heard.append(_meaning(status or usual, excuse or excused, state_code))
    told = [
        (year, schools[calendar], known.get((year, person), ""), day, day_of_parts(heard, count[calendar]))
        for (year, calendar, person, day), heard in days.items()
    ]
    found = pd.DataFrame(told, columns=["school_year", "cds", "ssid", "date", "outcome"], dtype=str)
    return found.assign(date=iso_dates(found["date"]))


def _enrolments(extracts: Path, lea: Lea, schools: dict[str, str]) -> pd.DataFrame:
    rows = read_sis(extracts, lea, "Enrollment")
    rows = rows.loc[(rows["serviceType"] == "P") & (rows["noShow"] != "1") & (rows["stateExclude"] != "1")]
    known = _known(extracts, lea)
    return rows.assign(
        cds=rows["calendarID"].map(schools),
        ssid=[known.get((year, person), "") for year, person in tuples(rows, "school_year", "personID")],
        start=iso_dates(rows["startDate"]),
        end=iso_dates(rows["endDate"]),
        grade=rows["grade"].map(GRADE_OF_TEXT),
        exit_reason=rows["endStatus"],
    )
