"""What the senders wrote, as text: the registry's folders, and of each period the newest delivery.

Nothing is judged here. Every frame holds the file's own columns as stripped text, plus ``lea`` (7 digits) and
``school_year`` (2023-24).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import yaml


@dataclass(frozen=True)
class Table:
    """What is read of a table of a student information system.

    columns:   blank where a delivery lacks one
    dated:     the column whose date tells the school year; of a table without one the folder does
    starts_in: the column that tells the year in which the school year starts
    monthly:   a later delivery replaces the months that its rows tell, not the year
    """

    columns: tuple[str, ...]
    dated: str | None = None
    starts_in: str | None = None
    monthly: bool = False


# By system and beginning of the file's name (docs/rules.md C.1 to C.4).
TABLES: dict[str, dict[str, Table]] = {
    "aeries": {
        "STU": Table(("ID", "SC", "SN", "CID")),
        "ENR": Table(("SC", "SN", "YR", "GR", "ED", "LD", "ER"), starts_in="YR"),
        "ABS": Table(("SC", "CD", "TY", "SU", "IS", "AD")),
        "DAY": Table(("SC", "DT", "HO"), dated="DT"),
        "ATT": Table(
            ("SC", "SN", "AL", *(f"A{number}" for number in range(10)), "DT", "DEL"), dated="DT", monthly=True
        ),
    },
    "powerschool": {
        "students": Table(
            (
                "id",
                "student_number",
                "state_studentnumber",
                "schoolid",
                "grade_level",
                "entrydate",
                "exitdate",
                "exitcode",
            )
        ),
        "reenrollments": Table(("studentid", "schoolid", "grade_level", "entrydate", "exitdate", "exitcode")),
        "attendance": Table(
            ("studentid", "schoolid", "att_date", "att_mode_code", "attendance_codeid"), dated="att_date", monthly=True
        ),
        "attendance_code": Table(("id", "presence_status_cd", "calpads_category")),
        "attendance_conversion_items": Table(
            ("attendance_conversion_id", "conversion_mode_code", "input_value", "attendance_value")
        ),
        "bell_schedule": Table(("id", "attendance_conversion_id")),
        "calendar_day": Table(("schoolid", "date_value", "insession", "bell_schedule_id"), dated="date_value"),
    },
    "infinite_campus": {
        "Student": Table(("personID", "stateID", "studentNumber")),
        "Enrollment": Table(
            (
                "personID",
                "calendarID",
                "grade",
                "serviceType",
                "startDate",
                "endDate",
                "endStatus",
                "noShow",
                "stateExclude",
            )
        ),
        "Calendar": Table(("calendarID", "schoolNumber")),
        "Day": Table(("calendarID", "date", "schoolDay", "instruction", "attendance"), dated="date"),
        "Period": Table(("periodID", "calendarID", "nonInstructional")),
        "Attendance": Table(
            ("personID", "calendarID", "date", "periodID", "excuseID", "status", "excuse"), dated="date", monthly=True
        ),
        "AttendanceExcuse": Table(("excuseID", "status", "excuse", "stateCode")),
    },
    "synergy": {
        "students": Table(("SIS_NUMBER", "STATE_STUDENT_NUMBER")),
        "enrollment": Table(
            (
                "ENROLLMENT_GU",
                "SIS_NUMBER",
                "SCHOOL_CODE",
                "SCHOOL_YEAR",
                "GRADE",
                "ENTER_DATE",
                "LEAVE_DATE",
                "LEAVE_CODE",
                "EXCLUDE_ADA_ADM",
            ),
            starts_in="SCHOOL_YEAR",
        ),
        "codes": Table(("SCHOOL_CODE", "SCHOOL_YEAR", "ABBREVIATION", "TYPE"), starts_in="SCHOOL_YEAR"),
        "calendar": Table(("SCHOOL_CODE", "CAL_DATE", "IN_SESSION"), dated="CAL_DATE"),
        "daily": Table(
            ("ENROLLMENT_GU", "ABS_DATE", "CODE_ABS_REAS1", "CODE_ABS_REAS2"), dated="ABS_DATE", monthly=True
        ),
        "period": Table(("ENROLLMENT_GU", "ABS_DATE", "BELL_PERIOD", "CODE_ABS_REAS"), dated="ABS_DATE", monthly=True),
    },
}

# Field numbers of the CALPADS layouts (docs/rules.md A.2 to A.6): element 13.15 of a STAS record is its field 15.
CALPADS_FIELDS: dict[str, dict[str, int]] = {
    "SENR": {
        "reporting_lea": 4,
        "school": 5,
        "academic_year": 7,
        "ssid": 8,
        "start": 22,
        "status": 23,
        "grade": 24,
        "exit": 25,
        "exit_reason": 26,
    },
    "SINF": {
        "start": 4,
        "reporting_lea": 6,
        "school": 7,
        "academic_year": 8,
        "ssid": 9,
        "gender": 19,
        "hispanic": 23,
        "race_1": 25,
        "race_2": 26,
        "race_3": 27,
        "race_4": 28,
        "race_5": 29,
        "parent_education": 38,
    },
    "SPRG": {
        "reporting_lea": 4,
        "school": 5,
        "academic_year": 6,
        "ssid": 7,
        "program": 13,
        "start": 15,
        "end": 16,
    },
    "SELA": {
        "reporting_lea": 4,
        "school": 5,
        "academic_year": 6,
        "ssid": 7,
        "elas": 13,
        "start": 14,
    },
    "STAS": {
        "reporting_lea": 4,
        "school": 5,
        "academic_year": 6,
        "ssid": 7,
        "exempt": 13,
        "expected": 15,
        "oss": 17,
        "excused": 19,
        "unexcused": 20,
        "non_ada_is": 21,
    },
}


@dataclass(frozen=True)
class School:
    """A school of the registry. cds: 14 digits; periods: instructional periods of a day, none if taken daily."""

    cds: str
    number: str | None
    periods: int | None
    is_charter: bool
    is_dass: bool
    is_alternative: bool


@dataclass(frozen=True)
class Lea:
    """An LEA of the registry. The folders are below the extracts, none if the LEA does not send the source.

    system, sis: the student information system (a key of TABLES) and its folder
    """

    code: str
    leaves_the_day_after: bool
    system: str | None
    sis: str | None
    calpads: str | None
    schools: tuple[School, ...]


def read_leas(config: Path) -> tuple[Lea, ...]:
    """The LEAs of ``config/leas/*.yml``."""
    return tuple(_lea(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(config.glob("leas/*.yml")))


def _lea(entry: dict[str, Any]) -> Lea:
    def folder(source: str) -> str | None:
        return str(entry["sends"][source]["folder"]) if source in entry["sends"] else None

    def school(item: dict[str, Any]) -> School:
        number = str(item["number"]) if item.get("number") is not None else None
        return School(
            cds=str(entry["code"]) + str(item["code"]),
            number=number,
            periods=item.get("periods"),
            is_charter=bool(item.get("charter", False)),
            is_dass=bool(item.get("dass", False)),
            is_alternative=item["level"] == "Alternative",
        )

    system = next((each for each in TABLES if each in entry["sends"]), None)
    return Lea(
        code=str(entry["code"]),
        leaves_the_day_after=entry.get("leave_date", "last_day") == "day_after",
        system=system,
        sis=folder(system) if system else None,
        calpads=folder("calpads"),
        schools=tuple(school(item) for item in entry["schools"]),
    )


def school_year_of(day: str) -> str:
    """2023-10-31 → 2023-24: a school year begins on July 1."""
    start = int(day[:4]) if int(day[5:7]) >= 7 else int(day[:4]) - 1
    return _spelled(start)


def _spelled(start: int) -> str:
    return f"{start}-{(start + 1) % 100:02d}"


def _sent(path: Path) -> tuple[date, str]:
    """What orders deliveries: the date that ends the name, else the day the file was written; then the name."""
    found = re.search(r"(?<!\d)(\d{8})$", path.stem)
    if found:
        return datetime.strptime(found.group(1), "%Y%m%d").replace(tzinfo=UTC).date(), path.name
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date(), path.name


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def _folders(extracts: Path, template: str) -> Iterator[tuple[Path, str | None]]:
    """The folders that a template stands for, each with the school year in its path (none if it has none)."""
    if "{school_year}" not in template:
        yield extracts / template, None
        return
    before, after = template.split("{school_year}", 1)
    for folder in sorted(extracts.glob(template.replace("{school_year}", "*"))):
        inside = str(folder.relative_to(extracts))
        yield folder, inside[len(before) : len(inside) - len(after)]


def _newest(deliveries: list[pd.DataFrame], period: str) -> pd.DataFrame:
    """Of each period only the rows of the newest delivery that has any; deliveries come oldest first."""
    rows = pd.concat([frame.assign(delivery=place) for place, frame in enumerate(deliveries)], ignore_index=True)
    newest = rows.groupby(period)["delivery"].transform("max")
    return rows.loc[rows["delivery"] == newest].drop(columns="delivery").reset_index(drop=True)


def read_sis(extracts: Path, lea: Lea, name: str) -> pd.DataFrame:
    """A table of an LEA's student information system: its columns, lea, school_year; no rows if the LEA sent none.

    A later delivery replaces the year, of a monthly table the month, that its rows tell.
    """
    tables = TABLES[lea.system or "aeries"]
    if name not in tables or lea.sis is None:
        raise ValueError(f"LEA {lea.code} has no table {name} on {lea.system}.")
    table = tables[name]
    columns = [*table.columns, "lea", "school_year"]
    longer = tuple(other for other in tables if other != name and other.startswith(name))
    files = [
        (path, year)
        for folder, year in _folders(extracts, lea.sis)
        for path in folder.glob(f"{name}*.csv")
        if not path.name.startswith(longer)
    ]
    deliveries = []
    for path, folder_year in sorted(files, key=lambda file: _sent(file[0])):
        frame = pd.read_csv(StringIO(_text(path)), dtype=str, keep_default_na=False)
        frame = frame.apply(lambda column: column.str.strip()).reindex(columns=list(table.columns), fill_value="")
        if table.starts_in:
            years = [_spelled(int(start)) for start in frame[table.starts_in]]
        elif table.dated:
            years = [school_year_of(day) for day in frame[table.dated]]
        else:
            years = [str(folder_year)] * len(frame)
        months = frame[table.dated].str[:7] if table.dated and table.monthly else None
        period = pd.Series(years, index=frame.index, dtype=str) if months is None else months
        deliveries.append(frame.assign(lea=lea.code, school_year=years, period=period))
    return _newest(deliveries, "period")[columns] if deliveries else pd.DataFrame(columns=columns, dtype=str)


def read_calpads(extracts: Path, leas: tuple[Lea, ...], record_type: str) -> pd.DataFrame:
    """All LEAs' records of one type, known by the first field and not by the file's name; deleted ones left out.

    Columns: those of CALPADS_FIELDS, ``cds`` of the school, ``lea``, ``school_year``. A later delivery of an LEA
    replaces a school year. Records of another LEA than the sender, or without an SSID, are no records.
    """
    columns = CALPADS_FIELDS[record_type]
    frames = []
    for lea in leas:
        deliveries = []
        for path in _calpads_files(extracts, lea):
            records = [line.split("^") for line in _text(path).splitlines() if line.strip()]
            wanted = [record for record in records if record[0].strip() in {record_type, f"{record_type}-R"}]
            if wanted:
                deliveries.append(_frame_of(wanted, columns))
        if deliveries:
            newest = _newest(deliveries, "academic_year")
            frames.append(newest.loc[newest["reporting_lea"] == lea.code].assign(lea=lea.code))
    if not frames:
        return pd.DataFrame(columns=[*columns, "lea", "cds", "school_year"], dtype=str)
    rows = pd.concat(frames, ignore_index=True)
    rows = rows.loc[(rows["transaction"] != "D") & (rows["ssid"] != "")].reset_index(drop=True)
    years = [_spelled(int(year[:4])) for year in rows["academic_year"]]
    return rows.assign(cds=rows["lea"] + rows["school"], school_year=years)


def _calpads_files(extracts: Path, lea: Lea) -> list[Path]:
    if lea.calpads is None:
        return []
    found = [path for folder, _ in _folders(extracts, lea.calpads) for path in folder.glob("*") if path.is_file()]
    return sorted(found, key=_sent)


def _frame_of(records: list[list[str]], columns: dict[str, int]) -> pd.DataFrame:
    def field(record: list[str], number: int) -> str:
        return record[number - 1].strip() if number <= len(record) else ""

    numbers = {"transaction": 2, **columns}
    return pd.DataFrame(
        {name: [field(record, number) for record in records] for name, number in numbers.items()}, dtype=str
    )
