"""A drawn county as raw files: each system's tables, CALPADS's enrollments and summaries, and the registry.

Columns that nobody fills stand in the header all the same, as each contract's example names them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

from attendance.settings import PROJECT
from tests.oracle.drawn import ATTENDED, DAYS, County, District, Mark, School, Stay, Student

YEAR, START_YEAR, SENT = "2023-24", "2023", "20240630"
Row = dict[str, str]
Tables = dict[str, list[Row]]
AN_HOUR_LATE = ("tardy", "")
# The one who is late at each school on the last day of all.
WITNESS = 99


def write_county(root: Path, county: County) -> None:
    """Write ``config`` and ``extracts`` below the root."""
    _write_registry(root / "config", county)
    for district in county.districts:
        extracts = root / "extracts" / district.code
        for table, rows in WRITERS[district.system](county, district).items():
            _write_table(extracts / district.system / YEAR, district.system, table, rows)
        _write_calpads(extracts / "calpads", county, district)


def _write_registry(config: Path, county: County) -> None:
    (config / "leas").mkdir(parents=True, exist_ok=True)
    (config / "county.yml").write_text(
        'county: {code: "99", name: Drawn, simulated: true, sends: {}}\n'
        'state: {code: "00", name: The state, sends: {}}\n',
        encoding="utf-8",
    )
    for district in county.districts:
        schools = "".join(
            f'  - {{code: "{school.code}", number: {school.number}, name: S{school.number}, level: Middle'
            + (f", periods: {school.periods}}}\n" if school.periods else "}\n")
            for school in county.schools
            if school.lea == district.code
        )
        sends = "".join(
            f'  {source}: {{folder: "{district.code}/{source}{year}"}}\n'
            for source, year in ((district.system, "/{school_year}"), ("calpads", ""))
        )
        (config / "leas" / f"{district.code}.yml").write_text(
            f'code: "{district.code}"\nname: D{district.code}\nleave_date: {district.leave_date}\n'
            f"sends:\n{sends}schools:\n{schools}",
            encoding="utf-8",
        )


# The files of a system's tables, where the contract's name is another one.
CONTRACTS = {
    "STU": "students",
    "ENR": "enrollments",
    "ABS": "absence_codes",
    "DAY": "calendar",
    "ATT": "attendance",
    "AttendanceExcuse": "attendance_excuse",
}


def _write_table(folder: Path, system: str, table: str, rows: list[Row]) -> None:
    if not rows:
        return
    contract = CONTRACTS.get(table, table.lower())
    with (PROJECT / "ingestion/contracts" / system / f"{contract}.example.csv").open(encoding="utf-8") as example:
        columns = next(csv.reader(example))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{table}_{SENT}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _row(**values: str | int) -> Row:
    return {name: str(value) for name, value in values.items()}


def _ssid(number: int, student: Student) -> str:
    return f"99000000{number:02d}" if student.has_ssid else ""


def _everybody(county: County, district: District) -> Iterable[tuple[int, Student]]:
    """The district's students with their numbers, which another district has as well; and the one who is late."""
    here = [place for place, school in enumerate(county.schools) if school.lea == district.code]
    for number, student in enumerate(county.students, start=1):
        stays = tuple(stay for stay in student.stays if stay.school in here)
        marks = tuple(mark for mark in student.marks if mark.school in {stay.school for stay in stays})
        if stays:
            yield number, Student(student.has_ssid, student.grade, stays, marks, student.exempt)
    last = len(DAYS) - 1
    open_schools = [place for place in here if not county.schools[place].is_silent]
    yield (
        WITNESS,
        Student(
            has_ssid=True,
            grade="01",
            stays=tuple(Stay(place, last, last, "10", "E155", is_open=False) for place in open_schools),
            marks=tuple(
                Mark(place, last, AN_HOUR_LATE[: county.schools[place].parts], "code") for place in open_schools
            ),
            exempt=frozenset(),
        ),
    )


def _schools(county: County, district: District) -> list[tuple[int, School]]:
    return [(place, school) for place, school in enumerate(county.schools) if school.lea == district.code]


def _stays(county: County, district: District) -> Iterable[tuple[int, Student, Stay, School]]:
    for number, student in _everybody(county, district):
        for stay in student.stays:
            yield number, student, stay, county.schools[stay.school]


def _marks(county: County, district: District) -> Iterable[tuple[int, Student, Mark, School]]:
    for number, student in _everybody(county, district):
        for mark in student.marks:
            yield number, student, mark, county.schools[mark.school]


def _left(stay: Stay, *, day_after: bool) -> str:
    """The date on which a stay ended, as the system tells it: blank while it is open."""
    if stay.is_open:
        return ""
    last = DAYS[stay.last] + timedelta(days=int(day_after))
    return last.isoformat()


def _days(county: County, district: District) -> Iterable[tuple[int, School, int, date]]:
    """Each school's days, with its place and theirs."""
    for place, school in _schools(county, district):
        for day, when in enumerate(DAYS):
            yield place, school, day, when


AERIES_CODES = {
    "unverified": ("U", "1", "N", "", "N"),
    "excused": ("I", "2", "N", "", "N"),
    "unexcused": ("X", "3", "N", "", "N"),
    "oss": ("S", "2", "Y", "", "N"),
    "iss": ("D", "2", "Y", "", "Y"),
    "study": ("C", "2", "N", "C", "Y"),
    "no_study": ("J", "3", "N", "I", "N"),
    "tardy": ("T", "5", "N", "", "Y"),
}
AERIES_GRADES = {"PS": "-2", "TK": "-1", "KN": "0", "01": "1", "12": "12"}


def _aeries(county: County, district: District) -> Tables:
    """A whole day by its all-day code, any other by the periods; a code is one letter, Z is none of them."""

    def letter(kind: str) -> str:
        return AERIES_CODES[kind][0] if kind in AERIES_CODES else "Z" if kind else ""

    def codes(mark: Mark) -> Row:
        if mark.is_whole and mark.letters != "both":
            return {"AL": letter(mark.parts[0])}
        return {f"A{place}": letter(kind) for place, kind in enumerate(mark.parts, start=1)}

    def holiday(place: int, day: int) -> str:
        return "H" if (place, day) in county.closed else "%" if (place, day) in county.minimum else ""

    def number_at(number: int, school: School) -> int:
        return school.number * 100 + number

    later = district.leave_date == "day_after"
    names = ("CD", "TY", "SU", "IS", "AD")
    at_school = {
        (number, school.number): _row(
            ID=number, SC=school.number, SN=number_at(number, school), CID=_ssid(number, student)
        )
        for number, student, _, school in _stays(county, district)
    }
    return {
        "STU": list(at_school.values()),
        "ENR": [
            _row(
                ID=number,
                SC=school.number,
                SN=number_at(number, school),
                YR=START_YEAR,
                GR=AERIES_GRADES[student.grade],
                ED=DAYS[stay.first].isoformat(),
                LD=_left(stay, day_after=later),
                ER=stay.reason,
            )
            for number, student, stay, school in _stays(county, district)
        ],
        "ABS": [
            _row(SC=school.number) | dict(zip(names, code, strict=True))
            for _, school in _schools(county, district)
            for code in AERIES_CODES.values()
        ],
        "DAY": [
            _row(SC=school.number, DT=when.isoformat(), HO=holiday(place, day))
            for place, school, day, when in _days(county, district)
        ],
        "ATT": [
            _row(SC=school.number, SN=number_at(number, school), DT=DAYS[mark.day].isoformat()) | codes(mark)
            for number, _, mark, school in _marks(county, district)
        ],
    }


POWERSCHOOL_CODES = {
    "unverified": (1, "Absent", "Unverified"),
    "excused": (2, "Absent", "Excused"),
    "unexcused": (3, "Absent", ""),
    "oss": (4, "Absent", "Out-of-School Suspension"),
    "iss": (5, "Present", "In-School Suspension"),
    "study": (6, "Present", "ADA-Generating Independent Study"),
    "no_study": (7, "Absent", "Non-ADA-Generating Independent Study"),
    "tardy": (8, "Present", "Tardy"),
    "half": (9, "Absent", "Excused"),
}
NOT_A_CODE = 77


def _powerschool(county: County, district: District) -> Tables:
    """A code for the day, at a school with periods one for each; half a day has a code worth half."""

    def code(school: School, kind: str) -> int:
        return school.number * 100 + (POWERSCHOOL_CODES[kind][0] if kind in POWERSCHOOL_CODES else NOT_A_CODE)

    def marked(school: School, mark: Mark) -> list[tuple[int, str]]:
        if school.periods:
            return [(period, kind) for period, kind in enumerate(mark.parts, start=1) if kind]
        half = "half" if set(mark.parts) - set(ATTENDED) - {""} else "tardy"
        return [(0, mark.parts[0] if mark.is_whole else half)]

    rows: Tables = {"students": [], "reenrollments": []}
    for number, student in _everybody(county, district):
        *earlier, current = sorted(student.stays, key=lambda stay: (stay.is_open, stay.last, stay.first))
        for place, stay in enumerate((*earlier, current)):
            told = _row(
                schoolid=county.schools[stay.school].number,
                grade_level=AERIES_GRADES[student.grade],
                entrydate=DAYS[stay.first].isoformat(),
                exitdate=_left(stay, day_after=True) or (DAYS[-1] + timedelta(days=1)).isoformat(),
                exitcode=stay.reason,
            )
            if stay is current:
                if stay.is_open:
                    told["exitdate"] = ""
                ids = _row(
                    id=number, student_number=number, state_studentnumber=_ssid(number, student), enroll_status=0
                )
                rows["students"].append(told | ids)
            else:
                rows["reenrollments"].append(told | _row(id=number * 10 + place, studentid=number))
    attendance = [
        _row(
            studentid=number,
            schoolid=school.number,
            yearid=33,
            att_date=DAYS[mark.day].isoformat(),
            att_mode_code="ATT_ModeMeeting" if period else "ATT_ModeDaily",
            attendance_codeid=code(school, kind),
            periodid=period or "",
        )
        for number, _, mark, school in _marks(county, district)
        for period, kind in marked(school, mark)
    ]
    conversions = [
        (school.number, "codeday", code(school, kind), "0.5" if kind == "half" else int(presence == "Present"))
        for _, school in _schools(county, district)
        for kind, (_, presence, _) in POWERSCHOOL_CODES.items()
    ] + [
        (school.number, "periodday", there, 0 if there == 0 else 1)
        for _, school in _schools(county, district)
        for there in range((school.periods or 0) + 1)
    ]
    return {
        **rows,
        "attendance": [_row(id=place) | row for place, row in enumerate(attendance, start=1)],
        "attendance_code": [
            _row(
                id=code(school, kind),
                schoolid=school.number,
                yearid=33,
                presence_status_cd=presence,
                calpads_category=category,
            )
            for _, school in _schools(county, district)
            for kind, (_, presence, category) in POWERSCHOOL_CODES.items()
        ],
        "attendance_conversion_items": [
            _row(
                id=place,
                attendance_conversion_id=schedule,
                conversion_mode_code=mode,
                input_value=comes,
                attendance_value=worth,
            )
            for place, (schedule, mode, comes, worth) in enumerate(conversions, start=1)
        ],
        "bell_schedule": [
            _row(id=school.number, schoolid=school.number, yearid=33, attendance_conversion_id=school.number)
            for _, school in _schools(county, district)
        ],
        "calendar_day": [
            _row(
                schoolid=school.number,
                date_value=when.isoformat(),
                insession=int((place, day) not in county.closed),
                bell_schedule_id=school.number,
            )
            for place, school, day, when in _days(county, district)
        ],
    }


# status, excuse, state code
CAMPUS_CODES = {
    "unverified": (1, "A", "K", ""),
    "excused": (2, "A", "E", ""),
    "unexcused": (3, "A", "U", ""),
    "oss": (4, "A", "E", "100"),
    "iss": (5, "A", "E", "110"),
    "study": (6, "A", "E", "120"),
    "no_study": (7, "A", "U", "130"),
    "tardy": (8, "T", "U", ""),
}
CAMPUS_GRADES = {"PS": "PK", "TK": "TK", "KN": "KG", "01": "01", "12": "12"}
LUNCH = 9


def _infinite_campus(county: County, district: District) -> Tables:
    """A row per period; a daily school has one. Lunch is no period, and a row may say otherwise than its code."""

    def periods(school: School) -> range:
        return range(1, (school.periods or 1) + 1)

    def row(kind: str, letters: str) -> Row:
        if kind not in CAMPUS_CODES:
            return _row(excuseID=NOT_A_CODE)
        number, status, excuse, state = CAMPUS_CODES[kind]
        if letters == "row" and not state:
            return _row(status=status, excuse=excuse)
        return _row(excuseID=number) | (_row(status="A", excuse="U") if letters == "both" else {})

    stays = list(_stays(county, district))
    attendance = [
        _row(
            personID=number,
            calendarID=school.number,
            date=DAYS[mark.day].isoformat(),
            periodID=school.number * 10 + period,
        )
        | row(kind, mark.letters)
        for number, _, mark, school in _marks(county, district)
        for period, kind in [*zip(periods(school), mark.parts, strict=False), (LUNCH, mark.parts[-1])]
        if kind
    ]
    return {
        "Student": [
            _row(personID=number, stateID=_ssid(number, student), studentNumber=number)
            for number, student in _everybody(county, district)
        ],
        "Enrollment": [
            _row(
                enrollmentID=place,
                personID=number,
                calendarID=school.number,
                endYear=2024,
                grade=CAMPUS_GRADES[student.grade],
                serviceType="S" if stay.status == "20" else "P",
                startDate=DAYS[stay.first].isoformat(),
                endDate=_left(stay, day_after=False),
                endStatus=stay.reason,
                noShow=0,
                stateExclude=0,
            )
            for place, (number, student, stay, school) in enumerate(stays, start=1)
        ],
        "Calendar": [
            _row(calendarID=school.number, schoolNumber=school.number, endYear=2024)
            for _, school in _schools(county, district)
        ],
        "Day": [
            _row(
                calendarID=school.number,
                date=when.isoformat(),
                schoolDay=1,
                instruction=int((place, day) not in county.closed),
                attendance=1,
            )
            for place, school, day, when in _days(county, district)
        ],
        "Period": [
            _row(periodID=school.number * 10 + period, calendarID=school.number, nonInstructional=int(period == LUNCH))
            for _, school in _schools(county, district)
            for period in (*periods(school), LUNCH)
        ],
        "Attendance": [_row(attendanceID=place) | row for place, row in enumerate(attendance, start=1)],
        "AttendanceExcuse": [
            _row(excuseID=number, calendarID=1, status=status, excuse=excuse, stateCode=state)
            for number, status, excuse, state in CAMPUS_CODES.values()
        ],
    }


SYNERGY_TYPES = {
    "unverified": "UNV",
    "excused": "EXC",
    "unexcused": "UNE",
    "oss": "SUS",
    "iss": "ISS",
    "study": "ISC",
    "no_study": "ISI",
    "tardy": "TDY",
}
SYNERGY_GRADES = {"PS": "PK", "TK": "TK", "KN": "K", "01": "01", "12": "12"}


def _synergy(county: County, district: District) -> Tables:
    """A reason for each half, or for each period; a mark belongs to the enrolment of its day, else to the first."""

    def reason(kind: str) -> str:
        return f"R{kind[:4]}" if kind else ""

    def enrolment(number: int, stay: Stay) -> str:
        return f"{number}-{stay.school}-{stay.first}"

    def enrolled(student: Student, mark: Mark) -> Stay:
        here = [stay for stay in student.stays if stay.school == mark.school]
        return next((stay for stay in here if stay.first <= mark.day <= stay.last), here[0])

    later = district.leave_date == "day_after"
    daily: list[Row] = []
    period: list[Row] = []
    for number, student, mark, school in _marks(county, district):
        row = _row(ENROLLMENT_GU=enrolment(number, enrolled(student, mark)), ABS_DATE=DAYS[mark.day].isoformat())
        if school.periods:
            period += [
                row | _row(BELL_PERIOD=place, CODE_ABS_REAS=reason(kind))
                for place, kind in enumerate(mark.parts, start=1)
                if kind
            ]
        else:
            daily.append(row | _row(CODE_ABS_REAS1=reason(mark.parts[0]), CODE_ABS_REAS2=reason(mark.parts[1])))
    return {
        "students": [
            _row(SIS_NUMBER=number, STATE_STUDENT_NUMBER=_ssid(number, student))
            for number, student in _everybody(county, district)
        ],
        "enrollment": [
            _row(
                ENROLLMENT_GU=enrolment(number, stay),
                SIS_NUMBER=number,
                SCHOOL_CODE=school.number,
                SCHOOL_YEAR=START_YEAR,
                GRADE=SYNERGY_GRADES[student.grade],
                ENTER_DATE=DAYS[stay.first].isoformat(),
                LEAVE_DATE=_left(stay, day_after=later),
                LEAVE_CODE=stay.reason,
                EXCLUDE_ADA_ADM="Y" if stay.status == "20" and stay.last % 2 else "",
            )
            for number, student, stay, school in _stays(county, district)
        ],
        "codes": [
            _row(SCHOOL_CODE=school.number, SCHOOL_YEAR=START_YEAR, ABBREVIATION=reason(kind), TYPE=code_type)
            for _, school in _schools(county, district)
            for kind, code_type in SYNERGY_TYPES.items()
        ],
        "calendar": [
            _row(
                SCHOOL_CODE=school.number,
                CAL_DATE=when.isoformat(),
                IN_SESSION="N" if (place, day) in county.closed else "Y",
            )
            for place, school, day, when in _days(county, district)
        ],
        "daily": daily,
        "period": period,
    }


WRITERS: dict[str, Callable[[County, District], Tables]] = {
    "aeries": _aeries,
    "powerschool": _powerschool,
    "infinite_campus": _infinite_campus,
    "synergy": _synergy,
}


def _write_calpads(folder: Path, county: County, district: District) -> None:
    """SENR of every student with an SSID, which alone tells the status; STAS of the exempt."""

    def line(kind: str, width: int, fields: dict[int, str]) -> str:
        return "^".join([kind, *(fields.get(number, "") for number in range(2, width + 1))]) + "\r\n"

    def compact(day: int) -> str:
        return DAYS[day].strftime("%Y%m%d")

    senr = [
        line(
            "SENR",
            39,
            {
                **{4: district.code, 5: school.code, 7: "2023-2024", 8: _ssid(number, student), 9: str(number)},
                **{
                    22: compact(stay.first),
                    23: stay.status,
                    24: student.grade,
                    25: compact(stay.last),
                    26: stay.reason,
                },
            },
        )
        for number, student, stay, school in _stays(county, district)
        if student.has_ssid
    ]
    stas = {
        (number, place): line(
            "STAS",
            23,
            {
                **{4: district.code, 5: county.schools[place].code, 6: "2023-2024", 7: _ssid(number, student)},
                **{8: str(number), 13: "Y", 15: "0.00"},
            },
        )
        for number, student in _everybody(county, district)
        for place in student.exempt
        if county.schools[place].lea == district.code
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"SENR_{SENT}.txt").write_text("".join(senr), encoding="utf-8", newline="")
    if stas:
        (folder / f"STAS_{SENT}.txt").write_text("".join(stas.values()), encoding="utf-8", newline="")
