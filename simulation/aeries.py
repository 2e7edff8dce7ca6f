"""What a district on Aeries sends: the tables STU, ENR, ABS and DAY yearly, ATT monthly (docs/rules.md C.1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingestion.registry import Lea
from simulation.aeries_attendance import LINE_END, write_attendance
from simulation.arrays import Texts, constant, dates_as_text, numbers_as_text, pick, take, texts
from simulation.calendars import LEGAL_HOLIDAY
from simulation.codes import code_set
from simulation.grades import aeries_grades
from simulation.people import language_status
from simulation.places import BIRCH, Place
from simulation.sending import Sending
from simulation.stints import LAST_DAY, enter_dates, leave_dates
from simulation.text import Column, Written, write_csv
from simulation.world import Year

LANGUAGE_LETTERS = {"EO": "E", "EL": "L", "RFEP": "R", "IFEP": "I"}


def _students(sending: Sending) -> tuple[dict[str, Column], int]:
    """STU: one row per student and school; of several stays at a school the last counts."""
    year, stints, people = sending.year, sending.stints, sending.year.people
    number, here = sending.student_number, np.flatnonzero(sending.here)
    order = here[np.lexsort((stints.first[here], stints.person[here], stints.place[here]))]
    key = stints.place[order] * len(people.ssid) + stints.person[order]
    rows = order[np.append(key[1:] != key[:-1], True)]
    school = sending.school_number[stints.place[rows]]
    rows = rows[np.lexsort((number[rows].astype(np.int64), school.astype(np.int64)))]
    who, at = stints.person[rows], stints.place[rows]
    fluency = language_status(take(people, who), stints.grade[rows])
    left = stints.last[rows] < LAST_DAY
    columns: dict[str, Column] = {
        "ID": sending.local_id[rows],
        "SC": sending.school_number[at],
        "SN": number[rows],
        "CID": people.ssid[who],
        "LN": people.last_name[who],
        "FN": people.first_name[who],
        "MN": people.middle_name[who],
        "SX": people.gender[who],
        "GR": aeries_grades(stints.grade[rows], year.start_year),
        "BD": dates_as_text(people.birth_date[who]),
        "LF": texts(LANGUAGE_LETTERS[each] for each in fluency.tolist()),
        "TG": np.where(stints.is_no_show[rows], "N", pick(left, "I", "")).astype(object),
        "SP": pick(people.has_disability[who], "S", ""),
        "AD": people.street[who],
        "CY": people.city[who],
        "ST": "CA",
        "ZC": np.where(who % 4 == 0, people.zip_code[who] + "-0001", people.zip_code[who]),
        "PG": people.guardian_first_name[who] + " " + people.last_name[who],
        "TL": people.phone[who],
    }
    return columns, len(rows)


def _enrollments(sending: Sending) -> tuple[dict[str, Column], int]:
    """ENR: one row per stint, open (LD and ER blank) or closed with the date that the district's SIS means by it."""
    year, stints, lea, number = sending.year, sending.stints, sending.lea, sending.student_number
    rows = np.flatnonzero(sending.here)
    school = sending.school_number[stints.place]
    rows = rows[np.lexsort((stints.first[rows], number[rows].astype(np.int64), school[rows].astype(np.int64)))]
    is_open = sending.is_left_open[rows]
    later = np.timedelta64(1 if lea.leave_date == "day_after" else 0, "D")
    columns: dict[str, Column] = {
        "ID": sending.local_id[rows],
        "SC": school[rows],
        "SN": number[rows],
        "YR": str(year.start_year),
        "TR": "",
        "PR": pick(stints.is_exempt[rows], "H", ""),
        "AP1": "",
        "GR": aeries_grades(stints.grade[rows], year.start_year),
        "ED": dates_as_text(enter_dates(stints, year.days)[rows]),
        "LD": np.where(is_open, "", dates_as_text(leave_dates(stints, year.days)[rows] + later)),
        "ER": np.where(is_open, "", stints.reason[rows]),
    }
    return columns, len(rows)


def _absence_codes(lea: Lea, places: tuple[Place, ...]) -> tuple[dict[str, Column], int]:
    """ABS: the codes of each school, of the one that never submits as well."""
    rows = [(place, code) for place in places if place.lea == lea.code for code in code_set(place)]
    columns: dict[str, Column] = {
        "SC": texts(str(place.number) for place, _ in rows),
        "CD": texts(code.letter for _, code in rows),
        "TI": texts(code.title for _, code in rows),
        "AB": texts(code.abbreviation for _, code in rows),
        "TY": texts(str(code.code_type) for _, code in rows),
        "SU": texts(code.suspension for _, code in rows),
        "IS": texts(code.study for _, code in rows),
        "AD": texts(code.ada for _, code in rows),
    }
    return columns, len(rows)


def _school_calendar(place: Place, year: Year) -> dict[str, Texts]:
    """DAY of one school: each weekday from the first to the last school day, months of four weeks."""
    calendar = year.calendars[place.calendar]
    rows = len(calendar.weekdays)
    weeks = (calendar.weekdays - calendar.weekdays[0]).astype(np.int64) // 7
    in_session = calendar.holiday == ""
    no_day = "0" if place.lea == BIRCH else ""
    return {
        "SC": constant(str(place.number), rows),
        "DY": np.where(in_session, numbers_as_text(calendar.school_day), no_day).astype(object),
        "DT": dates_as_text(calendar.weekdays),
        "HO": calendar.holiday,
        "MO": numbers_as_text(1 + weeks // 4),
        "T1": pick(in_session, "Y", "N"),
        "EN": constant("0", rows),
        "BL": constant("0", rows),
        "AB": constant("0", rows),
        "ML": constant("0", rows),
        "PD": pick(calendar.holiday == LEGAL_HOLIDAY, "H", ""),
        "BS": pick(in_session, "1", ""),
        "PAT": constant("", rows),
    }


def _calendar(lea: Lea, places: tuple[Place, ...], year: Year) -> tuple[dict[str, Column], int]:
    schools = [_school_calendar(place, year) for place in places if place.lea == lea.code]
    columns: dict[str, Column] = {name: np.concatenate([school[name] for school in schools]) for name in schools[0]}
    return columns, sum(len(school["SC"]) for school in schools)


def write_aeries(root: Path, sending: Sending) -> list[Written]:
    """Write a district's tables of a year."""
    lea, year = sending.lea, sending.year
    folder = lea.sends["aeries"].folder.format(school_year=year.school_year)
    tables = {
        "STU": _students(sending),
        "ENR": _enrollments(sending),
        "ABS": _absence_codes(lea, sending.places),
        "DAY": _calendar(lea, sending.places, year),
    }
    written = []
    for table, (columns, rows) in tables.items():
        path = f"{folder}/{table}_{year.start_year + 1}0625.csv"
        write_csv(root / path, columns, rows, LINE_END)
        written.append(Written(path, f"aeries/{table}", rows))
    months = write_attendance(root / folder, sending)
    return written + [Written(f"{folder}/{name}", "aeries/ATT", rows) for name, rows in months]
