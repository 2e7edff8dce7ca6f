"""A tiny county that a test sends by hand: two LEAs, one with Aeries and one with CALPADS files only."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

YEAR, ACADEMIC_YEAR = "2023-24", "2023-2024"
DAILY_LEA, SUMMARY_LEA = "9999001", "9999002"
# Numbers of the Aeries schools. Attendance is taken daily, at PERIOD_SCHOOL by two periods.
SCHOOL, NEXT_SCHOOL, PERIOD_SCHOOL = "1", "2", "3"
SUMMARY_SCHOOL = "9999201"
WITNESS = "9900000000"

# CD, TY, SU, IS, AD
CODES = (
    ("U", "1", "N", "", "N"),
    ("I", "2", "N", "", "N"),
    ("X", "3", "N", "", "N"),
    ("S", "2", "Y", "", "N"),
    ("D", "2", "Y", "", "Y"),
    ("C", "2", "N", "C", "Y"),
    ("J", "3", "N", "I", "N"),
    ("T", "5", "N", "", "Y"),
)

_REGISTRY = {
    "daily.yml": f"""
code: "{DAILY_LEA}"
name: Daily
sends:
  aeries: {{folder: "{DAILY_LEA}/aeries/{{school_year}}"}}
  calpads: {{folder: "{DAILY_LEA}/calpads"}}
schools:
  - {{code: "9999101", number: 1, name: One, level: Elementary}}
  - {{code: "9999102", number: 2, name: Two, level: Elementary}}
  - {{code: "9999103", number: 3, name: Three, level: Middle, periods: 2}}
""",
    "summary.yml": f"""
code: "{SUMMARY_LEA}"
name: Summary
sends:
  calpads: {{folder: "{SUMMARY_LEA}/calpads"}}
schools:
  - {{code: "{SUMMARY_SCHOOL}", name: Four, level: Elementary}}
""",
}


def cds(number: str) -> str:
    """The CDS code of an Aeries school, or the district's of none: ''."""
    return f"{DAILY_LEA}{f'999910{number}' if number else '0000000'}"


def held(nth: int) -> str:
    """The nth day (from 1) of the school year's 180: weekdays from August 14, 2023."""
    day = date(2023, 8, 14)
    weeks, rest = divmod(nth - 1, 5)
    return (day + timedelta(days=7 * weeks + rest)).isoformat()


def _compact(day: str) -> str:
    return day.replace("-", "")


@dataclass
class County:
    """What is sent. Each row is a file's row; ``attendance`` by file name."""

    root: Path
    leave_date: str = "last_day"
    students: list[dict[str, str]] = field(default_factory=list)
    enrolments: list[dict[str, str]] = field(default_factory=list)
    holidays: set[tuple[str, str]] = field(default_factory=set)
    attendance: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    calpads: dict[tuple[str, str], list[dict[int, str]]] = field(default_factory=dict)

    @property
    def extracts(self) -> Path:
        return self.root / "extracts"

    @property
    def config(self) -> Path:
        return self.root / "config"

    def enrol(
        self, ssid: str, school: str, *, first: int = 1, last: int = 180, grade: str = "1", reason: str = ""
    ) -> None:
        """Enrol a student at an Aeries school from the first to the last of its days."""
        number = str(len(self.students) + 1)
        self.students.append({"ID": ssid, "SC": school, "SN": number, "CID": ssid})
        self.enrolments.append(
            {
                "ID": ssid,
                "SC": school,
                "SN": number,
                "YR": YEAR[:4],
                "GR": grade,
                "ED": held(first),
                "LD": held(last),
                "ER": reason,
            }
        )

    def mark(self, ssid: str, school: str, days: Iterable[int], file: str = "", **columns: str) -> None:
        """A row of ATT on each of the days: AL="U", or A1="U", A2="T"; in the file of the day's month, or the named."""
        number = next(row["SN"] for row in self.students if row["CID"] == ssid and row["SC"] == school)
        for day in (held(nth) for nth in days):
            name = file or f"ATT_{_compact(day)[:6]}_20240630.csv"
            row = {"SC": school, "SN": number, "CD": "", "DEL": "", "DT": day, **columns}
            self.attendance.setdefault(name, []).append(row)

    def witness(self, *schools: str, day: int = 180) -> None:
        """Let each school have attendance up to the day: someone is late on it."""
        for school in schools:
            self.enrol(WITNESS, school, first=day, last=day)
            self.mark(WITNESS, school, [day], AL="T")

    def record(self, lea: str, kind: str, **fields: str) -> None:
        """A CALPADS record of which the fields (f13="Y") are told; the rest is blank."""
        numbered = {int(name.removeprefix("f")): value for name, value in fields.items()}
        self.calpads.setdefault((lea, kind), []).append(numbered)

    def senr(
        self, ssid: str, school: str, *, lea: str = DAILY_LEA, first: int = 1, last: int = 180, status: str = "10"
    ) -> None:
        """An enrolment of grade 1 in CALPADS; ``school`` has seven digits."""
        days = {"f22": _compact(held(first)), "f25": _compact(held(last))}
        self.record(lea, "SENR", f4=lea, f5=school, f7=ACADEMIC_YEAR, f8=ssid, f23=status, f24="01", **days)

    def stas(self, ssid: str, school: str, lea: str = SUMMARY_LEA, exempt: str = "N", **days: str) -> None:
        """A summary: f15 expected, f17 OSS, f18 ISS, f19 excused, f20 unexcused, f21 non-ADA IS, f22 ADA IS."""
        self.record(lea, "STAS", f4=lea, f5=school, f6=ACADEMIC_YEAR, f7=ssid, f13=exempt, **days)

    def sinf(self, ssid: str, school: str, start: str = "20230814", **fields: str) -> None:
        """Who a student of the daily LEA is: f19 gender, f23 Hispanic, f25 to f29 races, f38 parents' education."""
        names = {"f4": start, "f6": DAILY_LEA, "f7": school, "f8": ACADEMIC_YEAR, "f9": ssid}
        self.record(DAILY_LEA, "SINF", **names, **fields)

    def send(self) -> County:
        """Write the registry and everything that was sent."""
        for name, text in _REGISTRY.items():
            _write(self.config / "leas" / name, f"{text}leave_date: {self.leave_date}\n")
        aeries = self.extracts / DAILY_LEA / "aeries" / YEAR
        schools = (SCHOOL, NEXT_SCHOOL, PERIOD_SCHOOL)
        codes = [
            dict(zip(("SC", "CD", "TY", "SU", "IS", "AD"), (school, *code), strict=True))
            for school in schools
            for code in CODES
        ]
        days = [(school, held(nth)) for school in schools for nth in range(1, 181)]
        calendar = [
            {"SC": school, "DT": day, "HO": "H" if (school, day) in self.holidays else ""} for school, day in days
        ]
        _write_csv(aeries / "STU_20240630.csv", ["ID", "SC", "SN", "CID"], self.students)
        _write_csv(aeries / "ENR_20240630.csv", ["ID", "SC", "SN", "YR", "GR", "ED", "LD", "ER"], self.enrolments)
        _write_csv(aeries / "ABS_20240630.csv", ["SC", "CD", "TY", "SU", "IS", "AD"], codes)
        _write_csv(aeries / "DAY_20240630.csv", ["SC", "DT", "HO"], calendar)
        columns = ["SC", "SN", "CD", "AL", *(f"A{number}" for number in range(10)), "DT", "DEL"]
        for name, rows in self.attendance.items():
            _write_csv(aeries / name, columns, rows)
        for (lea, kind), records in self.calpads.items():
            lines = ["^".join([kind, *(record.get(number, "") for number in range(2, 51))]) for record in records]
            _write(self.extracts / lea / "calpads" / f"{kind}_20240630.txt", "\r\n".join(lines) + "\r\n")
        return self


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def _write_csv(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
