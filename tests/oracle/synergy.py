"""Synergy: a reason for the morning and one for the afternoon, or one for each period (docs/rules.md C.4).

A day is missed only if both halves are, or all of the school's periods. Records with EXCLUDE_ADA_ADM are not counted.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.oracle.daily import ATTENDED, UNMAPPED, Daily, day_of_parts
from tests.oracle.extracts import Lea, read_sis
from tests.oracle.students import GRADES, cds_codes, iso_dates, known_as, tuples

OUTCOME_OF_TYPE = {
    "EXC": "excused",
    "UNE": "unexcused",
    "UNV": "unexcused",
    "SUS": "oss",
    "ISI": "non_ada_is",
    "ISS": ATTENDED,
    "ISC": ATTENDED,
    "TDY": ATTENDED,
    "TDE": ATTENDED,
    "TDU": ATTENDED,
    "ACT": ATTENDED,
}
GRADE_OF_TEXT = {"K": "KN", **{grade: grade for grade in GRADES}}
HALVES = 2
COUNTED = ("", "N", "0")


def read_daily(extracts: Path, lea: Lea) -> Daily:
    """What the district's tables tell."""
    calendar = read_sis(extracts, lea, "calendar")
    calendar = calendar.loc[calendar["IN_SESSION"] == "Y"]
    return Daily(
        sessions=calendar.assign(cds=cds_codes(lea, calendar["SCHOOL_CODE"]), date=iso_dates(calendar["CAL_DATE"])),
        coded=_coded(extracts, lea),
        enrolments=_enrolments(extracts, lea),
    )


def _known(extracts: Path, lea: Lea) -> dict[tuple[str, str], str]:
    rows = tuples(read_sis(extracts, lea, "students"), "school_year", "SIS_NUMBER", "STATE_STUDENT_NUMBER")
    return {(year, local): known_as(lea, ssid, local) for year, local, ssid in rows}


def _coded(extracts: Path, lea: Lea) -> pd.DataFrame:
    """One row per student, school and day of the enrolments that are counted."""
    enrolled = {
        (year, enrolment): (number, local)
        for year, enrolment, number, local, excluded in tuples(
            read_sis(extracts, lea, "enrollment"),
            *("school_year", "ENROLLMENT_GU", "SCHOOL_CODE", "SIS_NUMBER", "EXCLUDE_ADA_ADM"),
        )
        if excluded in COUNTED
    }
    meanings = {
        (year, number, code): OUTCOME_OF_TYPE.get(code_type, UNMAPPED)
        for year, number, code, code_type in tuples(
            read_sis(extracts, lea, "codes"), "school_year", "SCHOOL_CODE", "ABBREVIATION", "TYPE"
        )
    }
    daily, period = read_sis(extracts, lea, "daily"), read_sis(extracts, lea, "period")
    halves = tuples(daily, "school_year", "ENROLLMENT_GU", "ABS_DATE", "CODE_ABS_REAS1", "CODE_ABS_REAS2")
    parts = tuples(period, "school_year", "ENROLLMENT_GU", "ABS_DATE", "CODE_ABS_REAS")
    rows: list[tuple[str, str, str, tuple[str, ...]]] = [
        *((year, enrolment, day, (first, second)) for year, enrolment, day, first, second in halves),
        *((year, enrolment, day, (code,)) for year, enrolment, day, code in parts),
    ]
    days: dict[tuple[str, str, str, str], list[str]] = {}
    for year, enrolment, day, codes in rows:
        if (year, enrolment) in enrolled and any(codes):
            number, local = enrolled[year, enrolment]
            heard = days.setdefault((year, number, local, day), [])
            heard += [meanings.get((year, number, code), UNMAPPED) for code in codes if code]
    periods = {school.number: school.periods for school in lea.schools}
    cds = {school.number: school.cds for school in lea.schools}
    known = _known(extracts, lea)
    told = [
        (year, cds[number], known.get((year, local), ""), day, day_of_parts(heard, periods[number] or HALVES))
        for (year, number, local, day), heard in days.items()
    ]
    found = pd.DataFrame(told, columns=["school_year", "cds", "ssid", "date", "outcome"], dtype=str)
    return found.assign(date=iso_dates(found["date"]))


def _enrolments(extracts: Path, lea: Lea) -> pd.DataFrame:
    rows = read_sis(extracts, lea, "enrollment")
    rows = rows.loc[rows["EXCLUDE_ADA_ADM"].isin(COUNTED)]
    known = _known(extracts, lea)
    left = iso_dates(rows["LEAVE_DATE"])
    return rows.assign(
        cds=cds_codes(lea, rows["SCHOOL_CODE"]),
        ssid=[known.get((year, local), "") for year, local in tuples(rows, "school_year", "SIS_NUMBER")],
        start=iso_dates(rows["ENTER_DATE"]),
        end=left - pd.Timedelta(days=1) if lea.leaves_the_day_after else left,
        grade=rows["GRADE"].map(GRADE_OF_TEXT),
        exit_reason=rows["LEAVE_CODE"],
    )
