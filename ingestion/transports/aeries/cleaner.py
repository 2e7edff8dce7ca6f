"""From the API's JSON to rows of Aeries' own tables: pure functions, one per table.

Names, birth dates, addresses and guardians end here: their columns stay blank. A field that the API does not give is
blank as well. Source of the correspondence: Aeries' documentation of the API (domain.md C.1, AER-API).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]
Row: TypeAlias = dict[str, str]

STU = (
    "ID",
    "SC",
    "SN",
    "CID",
    "LN",
    "FN",
    "MN",
    "SX",
    "GR",
    "BD",
    "LF",
    "TG",
    "SP",
    "AD",
    "CY",
    "ST",
    "ZC",
    "PG",
    "TL",
)
ENR = ("ID", "SC", "SN", "YR", "TR", "PR", "AP1", "GR", "ED", "LD", "ER")
ABS = ("SC", "CD", "TI", "AB", "TY", "SU", "IS", "AD")
DAY = ("SC", "DY", "DT", "HO", "MO")
PERIODS = tuple(f"A{period}" for period in range(10))
ATT = ("SC", "SN", "DY", "CD", "AL", *PERIODS, "DT", "DEL")
# the year summary keeps the API's names: the AHS table's own are not documented in full
AHS = (
    "SchoolYear", "SchoolCode", "StudentID", "AttendanceProgramCodePrimary", "ReportingSchoolCode", "DaysEnrolled",
    "DaysPresent", "DaysAbsence", "DaysExcused", "DaysUnexcused", "DaysTardy", "DaysOfTruancy", "DaysSuspension",
    "DaysInSchoolSuspension", "DaysCompleteIndependentStudy", "DaysIncompleteIndependentStudy",
    "PeriodsExpectedToAttend", "PeriodsAttended", "PeriodsExcusedAbsence", "PeriodsUnexcusedAbsence",
    "PeriodsOutOfSchoolSuspension",
)  # fmt: skip


def _text(value: object) -> str:
    """A value as Aeries' own export writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _day(value: object) -> str:
    """``2020-07-06`` of ``2020-07-06T00:00:00``."""
    return _text(value).partition("T")[0]


def _row(columns: tuple[str, ...], **values: str) -> Row:
    return {column: values.get(column, "") for column in columns}


def students(school: int, answer: Iterable[Json]) -> list[Row]:
    """STU: one row per student of the school."""
    return [
        _row(
            STU,
            ID=_text(one.get("StudentID")),
            SC=str(school),
            SN=_text(one.get("StudentNumber")),
            CID=_text(one.get("StateStudentID")),
            SX=_text(one.get("Gender")),
            GR=_text(one.get("Grade")),
            LF=_text(one.get("LanguageFluencyCode")),
            TG=_text(one.get("InactiveStatusCode")),
            SP=_text(one.get("AttendanceProgramCodePrimary")),
            ZC=_text(one.get("MailingAddressZipCode")) or _text(one.get("ResidenceAddressZipCode")),
        )
        for one in answer
    ]


def enrollments(school: int, start_year: int, answer: Iterable[Json]) -> list[Row]:
    """ENR: one row per stint of the school year at the school."""
    return [
        _row(
            ENR,
            ID=_text(one.get("StudentID")),
            SC=str(school),
            SN=_text(one.get("StudentNumber")),
            YR=_text(one.get("AcademicYear")),
            TR=_text(one.get("Track")),
            PR=_text(one.get("AttendanceProgramCode")),
            AP1=_text(one.get("AttendanceProgramCodeAdditional1")),
            GR=_text(one.get("Grade")),
            ED=_day(one.get("EnterDate")),
            LD=_day(one.get("LeaveDate")),
            ER=_text(one.get("ExitReasonCode")),
        )
        for one in answer
        if _text(one.get("SchoolCode")) == str(school) and _text(one.get("AcademicYear")) == str(start_year)
    ]


def absence_codes(school: int, answer: Iterable[Json]) -> list[Row]:
    """ABS: one row per code of the school."""
    return [
        _row(
            ABS,
            SC=str(school),
            CD=_text(one.get("AbsenceCode")),
            TI=_text(one.get("Title")),
            AB=_text(one.get("Abbreviation")),
            TY=_text(one.get("TypeCode")),
            SU=_text(one.get("IsSuspension")),
            IS=_text(one.get("IndependentStudyCode")),
            AD=_text(one.get("CountsForADA")),
        )
        for one in answer
    ]


def calendar(school: int, start_year: int, answer: Iterable[Json]) -> list[Row]:
    """DAY: one row per date of the school's calendar in the school year (July to June)."""
    return [
        _row(
            DAY,
            SC=str(school),
            DY=_text(one.get("CalendarDayNumber")),
            DT=_day(one.get("CalendarDate")),
            HO=_text(one.get("HolidayCode")),
            MO=_text(one.get("AttendanceMonth")),
        )
        for one in answer
        if f"{start_year}-07-01" <= _day(one.get("CalendarDate")) < f"{start_year + 1}-07-01"
    ]


def attendance(
    school: int,
    first: str,
    last: str,
    answer: Iterable[Json],
    *,
    numbers: Mapping[str, str],
    days: Mapping[str, str],
) -> list[Row]:
    """ATT: one row per student and day between the dates (ISO, both included) that carries a code.

    numbers: the school's student number by StudentID; a student of whom it is not known gets a blank one, which the
             contract rejects where people see it
    days:    the calendar's day number by date
    """
    rows = []
    for student in answer:
        identity = _text(student.get("StudentID"))
        for day in student.get("AttendanceDays") or ():
            when = _day(day.get("CalendarDate"))
            codes = _codes(day)
            if first <= when <= last and any(codes.values()):
                rows.append(
                    _row(ATT, SC=str(school), SN=numbers.get(identity, ""), DY=days.get(when, ""), DT=when, **codes)
                )
    return rows


def _codes(day: Json) -> dict[str, str]:
    """AL and A0 to A9: of two classes in one period the first that carries a code."""
    codes = {"AL": _text(day.get("AllDayAttendanceCode"))}
    for one in day.get("Classes") or ():
        column = f"A{_text(one.get('Period'))}"
        if column in PERIODS and not codes.get(column):
            codes[column] = _text(one.get("AttendanceCode"))
    return codes


def summaries(school: int, start_year: int, answer: Iterable[Json]) -> list[Row]:
    """AHS: one row per student of the school year at the school; other years and schools are left out."""
    found = []
    for student in answer:
        for one in student.get("HistorySummaries") or ():
            if _text(one.get("SchoolYear")) == f"{start_year}-{start_year + 1}" and _text(one.get("SchoolCode")) == str(
                school
            ):
                told = {**one, "StudentID": one.get("StudentID") or student.get("StudentID")}
                found.append({column: _text(told.get(column)) for column in AHS})
    return found
