"""The oracle on PowerSchool, Infinite Campus and Synergy, each by a handful of rows written by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from tests.oracle.chronic import count

LEA, DAILY, PERIODS = "9999001", "9999101", "9999102"
SSID = "9900000001"
# Ten school days of a daily school (number 1) and of one with two periods (number 2); on the last, somebody is late.
DAYS = [f"2023-09-{day:02d}" for day in (4, 5, 6, 7, 8, 11, 12, 13, 14, 15)]
WITNESS = "9900000000"
Row = dict[str, str]


def send(root: Path, system: str, tables: dict[str, list[Row]], leave_date: str = "last_day") -> pd.DataFrame:
    """Write the registry and a system's tables; the days of each student at the two schools."""
    (root / "config/leas").mkdir(parents=True)
    (root / "config/leas/lea.yml").write_text(
        f'code: "{LEA}"\nname: Hand\nleave_date: {leave_date}\n'
        f'sends:\n  {system}: {{folder: "{LEA}/{system}/{{school_year}}"}}\n'
        f'schools:\n  - {{code: "{DAILY}", number: 1, name: One, level: Elementary}}\n'
        f'  - {{code: "{PERIODS}", number: 2, name: Two, level: Middle, periods: 2}}\n',
        encoding="utf-8",
    )
    folder = root / LEA / system / "2023-24"
    folder.mkdir(parents=True)
    for table, rows in tables.items():
        with (folder / f"{table}_20240630.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, sorted({name for row in rows for name in row}), restval="")
            writer.writeheader()
            writer.writerows(rows)
    days = count(root, root / "config").students
    return days[(days["entity_level"] == "school") & (days["ssid"] == SSID)].set_index("cds_code")


def row_of(**values: str | int) -> Row:
    return {name: str(value) for name, value in values.items()}


def told(days: pd.DataFrame, school: str) -> tuple[float, float, float, float]:
    """Days expected, absent, excused and unexcused at a school."""
    (row,) = days.loc[[LEA + school]].to_dict("records")
    return row["days_expected"], row["days_absent"], row["days_excused"], row["days_unexcused"]


def powerschool(marks: list[tuple[str, int, str, int, str]], exits: str = "2023-09-16") -> dict[str, list[Row]]:
    """marks: student, school, day, period (0 for the day) and code."""
    stay = {"grade_level": "3", "entrydate": DAYS[0], "exitdate": exits, "exitcode": "E155"}
    marks = [*marks, ("8", 1, DAYS[-1], 0, "30"), ("8", 2, DAYS[-1], 1, "30")]
    return {
        "students": [
            row_of(id=number, student_number=f"L{number}", state_studentnumber=ssid, schoolid=1) | stay
            for number, ssid in ((7, SSID), (8, WITNESS))
        ],
        "reenrollments": [row_of(studentid=number, schoolid=2) | stay for number in (7, 8)],
        "calendar_day": [
            row_of(schoolid=school, date_value=day, insession=1, bell_schedule_id=school)
            for school in (1, 2)
            for day in DAYS
        ],
        "bell_schedule": [row_of(id=school, attendance_conversion_id=school + 50) for school in (1, 2)],
        "attendance_conversion_items": [
            row_of(
                attendance_conversion_id=51, conversion_mode_code="codeday", input_value=code, attendance_value=value
            )
            for code, value in ((10, 0), (20, 0), (25, "0.5"), (30, 1))
        ]
        + [
            row_of(
                attendance_conversion_id=52, conversion_mode_code="periodday", input_value=there, attendance_value=value
            )
            for there, value in ((0, 0), (1, "0.5"), (2, 1))
        ],
        "attendance_code": [
            row_of(id=10, presence_status_cd="Absent", calpads_category="Excused"),
            row_of(id=20, presence_status_cd="Absent", calpads_category="Unverified"),
            row_of(id=25, presence_status_cd="Absent", calpads_category="Unexcused"),
            row_of(id=30, presence_status_cd="Present", calpads_category="Tardy"),
        ],
        "attendance": [
            row_of(
                studentid=student,
                schoolid=school,
                att_date=day,
                att_mode_code="ATT_ModeMeeting" if period else "ATT_ModeDaily",
                attendance_codeid=code,
            )
            for student, school, day, period, code in marks
        ],
    }


def test_powerschool_counts_a_day_worth_nothing_and_no_other(tmp_path: Path) -> None:
    marks = [
        ("7", 1, DAYS[0], 0, "10"),
        ("7", 1, DAYS[1], 0, "20"),
        ("7", 1, DAYS[2], 0, "25"),
        ("7", 1, DAYS[3], 0, "30"),
        ("7", 2, DAYS[0], 1, "10"),
        ("7", 2, DAYS[0], 2, "20"),
        ("7", 2, DAYS[1], 1, "10"),
        ("7", 2, DAYS[2], 1, "10"),
        ("7", 2, DAYS[2], 2, "30"),
    ]
    days = send(tmp_path, "powerschool", powerschool(marks))
    assert told(days, DAILY) == (10, 2, 1, 1)
    assert told(days, PERIODS) == (10, 1, 0, 1)


def test_powerschool_leaves_the_day_before_the_exit_date_and_keeps_earlier_stays(tmp_path: Path) -> None:
    days = send(tmp_path, "powerschool", powerschool([], exits=DAYS[-1]))
    assert told(days, DAILY) == told(days, PERIODS) == (9, 0, 0, 0)


def test_an_unknown_code_of_powerschool_leaves_its_day_out_of_both_sides(tmp_path: Path) -> None:
    marks = [
        ("7", 1, DAYS[0], 0, "99"),
        ("7", 2, DAYS[0], 1, "99"),
        ("7", 2, DAYS[0], 2, "10"),
        ("7", 2, DAYS[1], 1, "99"),
    ]
    days = send(tmp_path, "powerschool", powerschool(marks))
    assert told(days, DAILY) == (9, 0, 0, 0)
    assert told(days, PERIODS) == (9, 0, 0, 0)


def campus(marks: list[tuple[int, str, int, str, str]], **enrollment: str) -> dict[str, list[Row]]:
    """marks: calendar, day, period, code, letters; calendar 1 has the period 10, calendar 2 has 21, 22 and lunch 29."""
    stay = {"grade": "03", "serviceType": "P", "startDate": DAYS[0], "endDate": DAYS[-1], "noShow": "0"}
    late = [row_of(personID=8, calendarID=one, date=DAYS[-1], periodID=p, excuseID=30) for one, p in ((1, 10), (2, 21))]
    return {
        "Student": [row_of(personID=7, stateID=SSID), row_of(personID=8, stateID=WITNESS)],
        "Enrollment": [row_of(personID=8, calendarID=one) | stay for one in (1, 2)]
        + [row_of(personID=7, calendarID=one) | stay | enrollment for one in (1, 2)],
        "Calendar": [row_of(calendarID=one, schoolNumber=one) for one in (1, 2)],
        "Day": [
            row_of(calendarID=one, date=day, schoolDay=1, instruction=1, attendance=1) for one in (1, 2) for day in DAYS
        ]
        + [row_of(calendarID=1, date="2023-09-18", schoolDay=1, instruction=0, attendance=0)],
        "Period": [
            row_of(periodID=period, calendarID=one, nonInstructional=int(period == 29))
            for one, period in ((1, 10), (2, 21), (2, 22), (2, 29))
        ],
        "AttendanceExcuse": [
            row_of(excuseID=10, status="A", excuse="E"),
            row_of(excuseID=20, status="A", excuse="U"),
            row_of(excuseID=30, status="T", excuse="K"),
            row_of(excuseID=40, status="A", excuse="E", stateCode="110"),
        ],
        "Attendance": [
            row_of(personID=7, calendarID=one, date=day, periodID=period, excuseID=code)
            | dict(zip(("status", "excuse"), letters, strict=False))
            for one, day, period, code, letters in marks
        ]
        + late,
    }


def test_infinite_campus_counts_a_day_missed_in_every_period_with_instruction(tmp_path: Path) -> None:
    marks = [
        (1, DAYS[0], 10, "10", ""),
        (1, DAYS[1], 10, "", "AK"),
        (1, DAYS[2], 10, "40", ""),
        (2, DAYS[0], 21, "10", ""),
        (2, DAYS[0], 22, "20", ""),
        (2, DAYS[1], 21, "10", ""),
        (2, DAYS[1], 29, "10", ""),
        (2, DAYS[2], 29, "20", ""),
    ]
    days = send(tmp_path, "infinite_campus", campus(marks))
    assert told(days, DAILY) == (10, 2, 1, 1)
    assert told(days, PERIODS) == (10, 1, 0, 1)


def test_an_unknown_code_of_infinite_campus_is_told_by_its_rows_letters_or_not_at_all(tmp_path: Path) -> None:
    days = send(tmp_path, "infinite_campus", campus([(1, DAYS[0], 10, "99", ""), (1, DAYS[1], 10, "99", "AE")]))
    assert told(days, DAILY) == (9, 1, 1, 0)


@pytest.mark.parametrize("enrollment", [{"noShow": "1"}, {"stateExclude": "1"}, {"serviceType": "N"}])
def test_records_of_infinite_campus_that_are_not_reported_do_not_count(tmp_path: Path, enrollment: Row) -> None:
    assert send(tmp_path, "infinite_campus", campus([(1, DAYS[0], 10, "10", "")], **enrollment)).empty


def synergy(daily: list[tuple[str, str, str]], period: list[tuple[str, int, str]], **stay: str) -> dict[str, list[Row]]:
    """daily: day, morning, afternoon at the daily school; period: day, period, reason at the other."""
    own = {"GRADE": "K", "SCHOOL_YEAR": "2023", "ENTER_DATE": DAYS[0], "LEAVE_DATE": DAYS[-1]}
    return {
        "students": [
            row_of(SIS_NUMBER=number, STATE_STUDENT_NUMBER=ssid) for number, ssid in ((7, SSID), (8, WITNESS))
        ],
        "enrollment": [
            row_of(ENROLLMENT_GU=f"{student}-{school}", SIS_NUMBER=student, SCHOOL_CODE=school) | own | changed
            for student, changed in ((7, stay), (8, {}))
            for school in (1, 2)
        ],
        "codes": [
            row_of(SCHOOL_CODE=school, SCHOOL_YEAR=2023, ABBREVIATION=code, TYPE=kind)
            for school in (1, 2)
            for code, kind in (("SCK", "EXC"), ("CUT", "UNE"), ("LAT", "TDY"))
        ],
        "calendar": [row_of(SCHOOL_CODE=school, CAL_DATE=day, IN_SESSION="Y") for school in (1, 2) for day in DAYS],
        "daily": [
            row_of(ENROLLMENT_GU="7-1", ABS_DATE=day, CODE_ABS_REAS1=first, CODE_ABS_REAS2=second)
            for day, first, second in daily
        ]
        + [row_of(ENROLLMENT_GU="8-1", ABS_DATE=DAYS[-1], CODE_ABS_REAS1="LAT")],
        "period": [
            row_of(ENROLLMENT_GU="7-2", ABS_DATE=day, BELL_PERIOD=number, CODE_ABS_REAS=code)
            for day, number, code in period
        ]
        + [row_of(ENROLLMENT_GU="8-2", ABS_DATE=DAYS[-1], BELL_PERIOD=1, CODE_ABS_REAS="LAT")],
    }


def test_synergy_counts_a_day_missed_in_both_halves_or_all_periods(tmp_path: Path) -> None:
    daily = [
        (DAYS[0], "SCK", "SCK"),
        (DAYS[1], "SCK", "CUT"),
        (DAYS[2], "CUT", ""),
        (DAYS[3], "", "CUT"),
        (DAYS[4], "LAT", "CUT"),
        (DAYS[5], "ZZZ", "CUT"),
    ]
    period = [(DAYS[0], 1, "CUT"), (DAYS[0], 2, "SCK"), (DAYS[1], 2, "CUT")]
    days = send(tmp_path, "synergy", synergy(daily, period))
    assert told(days, DAILY) == (9, 2, 1, 1)
    assert told(days, PERIODS) == (10, 1, 0, 1)


def test_synergy_leaves_when_the_registry_says_and_leaves_out_what_is_excluded(tmp_path: Path) -> None:
    later = send(tmp_path / "later", "synergy", synergy([], []), leave_date="day_after")
    assert told(later, DAILY) == (9, 0, 0, 0)
    assert send(tmp_path / "excluded", "synergy", synergy([], [], EXCLUDE_ADA_ADM="Y")).empty
