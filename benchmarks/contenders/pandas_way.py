"""In pandas: what a county's analyst would write. Sender by sender and file by file, vectorised, without cleverness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.contenders import codes
from benchmarks.contenders.codes import ABSENT, ATTENDED, UNMAPPED
from benchmarks.contenders.senders import Sent, county_code, files_by_source, places_of, read_senders

ENTITY = ["year", "entity_level", "cds_code"]
STUDENT = [*ENTITY, "student"]
ENROLMENT = ["place", "student", "first_day", "last_day", "grade", "status", "reason"]
MARK = ["place", "student", "day", "said"]
PERIODS = [f"A{number}" for number in range(10)]


@dataclass(frozen=True)
class Told:
    """What a sender's system tells of a school year. A day counts from July 1.

    sessions:   place, day of the days in session
    enrolments: ENROLMENT; status none where the system does not say it
    marks:      MARK, one row per record of a student and day of which anything is said
    """

    sessions: pd.DataFrame
    enrolments: pd.DataFrame
    marks: pd.DataFrame


@dataclass(frozen=True)
class Year:
    """A sender's school year: its places by school number, and its files by table."""

    sender: int
    year: int
    places: pd.DataFrame
    files: dict[str, list[str]]

    def read(self, table: str, *columns: str) -> pd.DataFrame:
        """The columns of all files of the table as text; a blank is missing."""
        frames = [_read(path, columns) for path in self.files.get(table, [])]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns), dtype=str)

    def at_school(self, table: str, number: str, *columns: str) -> pd.DataFrame:
        """As read, with place, periods and leaves_on of the school's number."""
        return self.read(table, number, *columns).merge(self.places, left_on=number, right_on="number")

    def day(self, dates: pd.Series[str]) -> pd.Series[int]:
        """Days since July 1; missing where there is no date."""
        parsed = pd.to_datetime(dates, format="%Y-%m-%d", errors="coerce")
        return (parsed - pd.Timestamp(self.year, 7, 1)).dt.days

    def student(self, ssid: pd.Series[str], local: pd.Series[str]) -> pd.Series[int]:
        """The SSID; of a student without one a number below zero."""
        own = str(self.sender) + " " + local.fillna("")
        unknown = -(pd.util.hash_array(own.to_numpy(dtype=object)) // 4).astype(np.int64)
        known = pd.to_numeric(ssid, errors="coerce")
        numbers: np.ndarray = np.where(known.notna(), known.fillna(0).astype(np.int64), unknown)
        return pd.Series(numbers, index=ssid.index, dtype=int)


def _read(path: str, columns: Sequence[str]) -> pd.DataFrame:
    return pd.read_csv(path, usecols=list(columns), dtype=str, engine="pyarrow")


def _said(meaning: pd.Series[float]) -> pd.Series[int]:
    """UNMAPPED where nothing is known of a code."""
    return meaning.fillna(UNMAPPED).astype(np.int8)


def _day_of_parts(rows: pd.DataFrame, record: list[str], parts: str) -> pd.DataFrame:
    """One row per record: missed if all parts are; cannot be told if unknown codes stand in the way."""
    counted = rows.assign(missed=rows["said"] == ABSENT, unknown=rows["said"] == UNMAPPED)
    days = counted.groupby([*record, parts], as_index=False, dropna=False)[["missed", "unknown"]].sum()
    said = np.select(
        [days["missed"] >= days[parts], days["missed"] + days["unknown"] >= days[parts]], [ABSENT, UNMAPPED], ATTENDED
    )
    return days.assign(said=said.astype(np.int8))


def _aeries(year: Year) -> Told:
    calendar = year.at_school("DAY", "SC", "DT", "HO")
    calendar = calendar[calendar["HO"].isna() | calendar["HO"].isin(codes.AERIES_IN_SESSION)]
    students = year.at_school("STU", "SC", "SN", "ID", "CID")
    students = students.assign(student=year.student(students["CID"], students["ID"]))
    known = students.groupby("ID", as_index=False)[["student"]].max()
    enrolments = year.at_school("ENR", "SC", "ID", "YR", "GR", "ED", "LD", "ER").merge(known, on="ID")
    enrolments = enrolments[enrolments["YR"] == str(year.year)]

    meaning = year.at_school("ABS", "SC", "CD", "TY", "SU", "IS", "AD")
    meaning = meaning.assign(
        said=np.select(
            [
                (meaning["SU"] == "Y") & (meaning["AD"] == "Y"),
                meaning["SU"] == "Y",
                meaning["IS"] == "C",
                meaning["IS"] == "I",
            ],
            [ATTENDED, ABSENT, ATTENDED, ABSENT],
            _said(meaning["TY"].map(codes.AERIES_TYPES)),
        )
    )[["place", "CD", "said"]]
    coded = year.at_school("ATT", "SC", "SN", "AL", *PERIODS, "DT", "DEL")
    coded = coded[coded["DEL"].isna() | coded["DEL"].isin(["0", "N", "False", "false"])]
    coded = coded[coded[["AL", *PERIODS]].notna().any(axis=1)].assign(day=year.day(coded["DT"]))
    all_day = coded[coded["AL"].notna()].rename(columns={"AL": "CD"}).merge(meaning, on=["place", "CD"], how="left")
    by_period = (
        coded[coded["AL"].isna()]
        .melt(["place", "SN", "day", "periods"], PERIODS, value_name="CD")
        .dropna(subset="CD")
        .merge(meaning, on=["place", "CD"], how="left")
    )
    by_period = _day_of_parts(by_period.assign(said=_said(by_period["said"])), ["place", "SN", "day"], "periods")
    marks = pd.concat([all_day.assign(said=_said(all_day["said"])), by_period])
    return Told(
        sessions=calendar.assign(day=year.day(calendar["DT"]))[["place", "day"]],
        enrolments=enrolments.assign(
            first_day=year.day(enrolments["ED"]),
            last_day=year.day(enrolments["LD"]) - enrolments["leaves_on"],
            grade=enrolments["GR"].map(codes.GRADES),
            status=None,
            reason=enrolments["ER"],
        )[ENROLMENT],
        marks=marks.merge(students[["place", "SN", "student"]], on=["place", "SN"])[MARK],
    )


def _powerschool(year: Year) -> Told:
    conversion = "attendance_conversion_id"
    items = year.read(
        "attendance_conversion_items", conversion, "conversion_mode_code", "input_value", "attendance_value"
    )
    worth = pd.to_numeric(items["attendance_value"], errors="coerce")
    nothing = items[(items["conversion_mode_code"] == "periodday") & (worth == 0)]
    nothing = nothing.assign(worth_nothing=pd.to_numeric(nothing["input_value"]))
    something = items[(items["conversion_mode_code"] == "codeday") & (worth > 0)]
    bells = year.read("bell_schedule", "id", conversion).rename(columns={"id": "bell_schedule_id"})
    calendar = year.at_school("calendar_day", "schoolid", "date_value", "insession", "bell_schedule_id")
    calendar = (
        calendar.assign(day=year.day(calendar["date_value"]))
        .merge(bells, on="bell_schedule_id", how="left")
        .merge(nothing.groupby(conversion, as_index=False)[["worth_nothing"]].max(), on=conversion, how="left")
    )

    stay = ["id", "schoolid", "grade_level", "entrydate", "exitdate", "exitcode"]
    students = year.read("students", *stay, "student_number", "state_studentnumber", "enroll_status")
    students = students.assign(student=year.student(students["state_studentnumber"], students["student_number"]))
    has_begun = pd.to_numeric(students["enroll_status"], errors="coerce").fillna(0) >= 0
    earlier = year.read("reenrollments", "studentid", *stay[1:]).rename(columns={"studentid": "id"})
    stays = pd.concat(
        [
            students[students["entrydate"].notna() & has_begun][[*stay, "student"]],
            earlier.merge(students[["id", "student"]], on="id"),
        ]
    ).merge(year.places, left_on="schoolid", right_on="number")

    meaning = year.read("attendance_code", "id", "presence_status_cd", "calpads_category")
    by_presence = np.where(meaning["presence_status_cd"] == "Absent", ABSENT, ATTENDED)
    of_category = meaning["calpads_category"].str.lower().map(codes.POWERSCHOOL_CATEGORIES)
    meaning = meaning.assign(said=np.where(of_category.notna(), of_category, by_presence))
    coded = year.at_school(
        "attendance", "schoolid", "studentid", "att_date", "att_mode_code", "attendance_codeid", "periodid"
    )
    coded = coded[coded["attendance_codeid"].notna()]
    coded = (
        coded.assign(day=year.day(coded["att_date"]))
        .merge(meaning[["id", "said"]].rename(columns={"id": "attendance_codeid"}), on="attendance_codeid", how="left")
        .merge(calendar[["place", "day", conversion, "worth_nothing"]], on=["place", "day"], how="left")
    )
    coded = coded.assign(said=_said(coded["said"]))
    # an absence that is worth some of a day is not a day
    daily = coded[coded["att_mode_code"] == "ATT_ModeDaily"].merge(
        something[[conversion, "input_value"]].rename(columns={"input_value": "attendance_codeid"}),
        on=[conversion, "attendance_codeid"],
        how="left",
        indicator=True,
    )
    is_part = (daily["said"] == ABSENT) & (daily["_merge"] == "both")
    daily = daily.assign(said=daily["said"].where(~is_part, ATTENDED))
    # two classes may meet in one period: the graver mark stands
    meetings = coded[coded["att_mode_code"] == "ATT_ModeMeeting"]
    parts = meetings["periods"] - meetings["worth_nothing"].fillna(0)
    record = ["place", "studentid", "day"]
    meetings = meetings.assign(parts=parts.where(parts > 0))
    meetings = meetings.groupby([*record, "parts", "periodid"], as_index=False, dropna=False)[["said"]].max()
    marks = pd.concat([daily, _day_of_parts(meetings, record, "parts")])
    known = stays[["place", "id", "student"]].drop_duplicates().rename(columns={"id": "studentid"})
    return Told(
        sessions=calendar[calendar["insession"] == "1"][["place", "day"]],
        enrolments=stays.assign(
            first_day=year.day(stays["entrydate"]),
            # the exit date is the first day on which the student is no longer expected
            last_day=year.day(stays["exitdate"]) - 1,
            grade=stays["grade_level"].map(codes.GRADES),
            status=None,
            reason=stays["exitcode"],
        )[ENROLMENT],
        marks=marks.merge(known, on=["place", "studentid"])[MARK],
    )


def _infinite_campus(year: Year) -> Told:
    periods = year.read("Period", "periodID", "calendarID", "nonInstructional")
    is_lunch = periods["nonInstructional"] == "1"
    parts = periods[~is_lunch].groupby("calendarID", as_index=False).size().rename(columns={"size": "parts"})
    calendars = year.at_school("Calendar", "schoolNumber", "calendarID").merge(parts, on="calendarID", how="left")
    calendars = calendars[["calendarID", "place", "parts"]]
    days = year.read("Day", "calendarID", "date", "schoolDay", "instruction", "attendance")
    days = days[(days[["schoolDay", "instruction", "attendance"]] == "1").all(axis=1)].merge(calendars, on="calendarID")
    students = year.read("Student", "personID", "stateID", "studentNumber")
    students = students.assign(student=year.student(students["stateID"], students["studentNumber"]))
    stays = year.read(
        "Enrollment",
        *("personID", "calendarID", "grade", "serviceType", "startDate", "endDate", "endStatus"),
        *("noShow", "stateExclude"),
    )
    # what is not reported to the state, and who never came
    stays = stays[(stays["serviceType"] != "N") & (stays["noShow"] != "1") & (stays["stateExclude"] != "1")]
    stays = stays.merge(calendars, on="calendarID").merge(students[["personID", "student"]], on="personID")

    usual = year.read("AttendanceExcuse", "excuseID", "status", "excuse", "stateCode")
    rows = (
        year.read("Attendance", "personID", "calendarID", "date", "periodID", "excuseID", "status", "excuse")
        .merge(calendars, on="calendarID")
        .merge(usual, on="excuseID", how="left", suffixes=("", "_usual"))
    )
    letters = rows["status"].fillna(rows["status_usual"]) + rows["excuse"].fillna(rows["excuse_usual"]).fillna("K")
    said = rows["stateCode"].map(codes.CAMPUS_STATE_CODES).fillna(letters.map(codes.CAMPUS_STATUSES))
    # lunch and the like says nothing of the day, but that somebody marked it
    of_lunch = rows["periodID"].isin(periods[is_lunch]["periodID"])
    rows = rows.assign(day=year.day(rows["date"]), said=np.where(of_lunch, ATTENDED, said.fillna(UNMAPPED)))
    marks = _day_of_parts(rows, ["place", "personID", "day", "calendarID"], "parts")
    known = stays[["place", "personID", "student"]].drop_duplicates()
    return Told(
        sessions=days.assign(day=year.day(days["date"]))[["place", "day"]],
        enrolments=stays.assign(
            first_day=year.day(stays["startDate"]),
            last_day=year.day(stays["endDate"]),
            grade=stays["grade"].str.upper().map(codes.GRADES),
            # a second school; whether P is primary or short-term, CALPADS says
            status=stays["serviceType"].map({"S": "20"}),
            reason=stays["endStatus"],
        )[ENROLMENT],
        marks=marks.merge(known, on=["place", "personID"])[MARK],
    )


def _synergy(year: Year) -> Told:
    calendar = year.at_school("calendar", "SCHOOL_CODE", "CAL_DATE", "IN_SESSION")
    calendar = calendar[calendar["IN_SESSION"] == "Y"]
    students = year.read("students", "SIS_NUMBER", "STATE_STUDENT_NUMBER")
    stays = year.at_school(
        "enrollment",
        "SCHOOL_CODE",
        *("ENROLLMENT_GU", "SIS_NUMBER", "SCHOOL_YEAR", "GRADE", "ENTER_DATE", "LEAVE_DATE", "LEAVE_CODE"),
        "EXCLUDE_ADA_ADM",
    )
    # an enrolment at a second school is left out of attendance
    counts = stays["EXCLUDE_ADA_ADM"].fillna("N").isin(["N", "0"]) & (stays["SCHOOL_YEAR"] == str(year.year))
    stays = stays[counts].merge(students, on="SIS_NUMBER", how="left")
    stays = stays.assign(student=year.student(stays["STATE_STUDENT_NUMBER"], stays["SIS_NUMBER"]))

    meaning = year.at_school("codes", "SCHOOL_CODE", "SCHOOL_YEAR", "ABBREVIATION", "TYPE")
    meaning = meaning.assign(said=_said(meaning["TYPE"].str.upper().map(codes.SYNERGY_TYPES)))
    meaning = meaning[["place", "ABBREVIATION", "said"]]

    def said_of(rows: pd.DataFrame, code: str) -> np.ndarray:
        """What the code of each row means, ATTENDED where there is none."""
        asked = rows[["place", code]].rename(columns={code: "ABBREVIATION"})
        said = _said(asked.merge(meaning, on=["place", "ABBREVIATION"], how="left")["said"])
        return np.where(rows[code].notna(), said.to_numpy(), ATTENDED)

    known = stays[["ENROLLMENT_GU", "place", "student", "periods"]]
    halves = year.read("daily", "ENROLLMENT_GU", "ABS_DATE", "CODE_ABS_REAS1", "CODE_ABS_REAS2")
    halves = halves.dropna(subset=["CODE_ABS_REAS1", "CODE_ABS_REAS2"], how="all").merge(known, on="ENROLLMENT_GU")
    halves = halves.assign(
        day=year.day(halves["ABS_DATE"]),
        # the lighter of the two halves: a day is missed in both
        said=np.minimum(said_of(halves, "CODE_ABS_REAS1"), said_of(halves, "CODE_ABS_REAS2")),
    )
    rows = year.read("period", "ENROLLMENT_GU", "ABS_DATE", "CODE_ABS_REAS").dropna(subset="CODE_ABS_REAS")
    rows = rows.merge(known, on="ENROLLMENT_GU")
    rows = rows.assign(day=year.day(rows["ABS_DATE"]), said=said_of(rows, "CODE_ABS_REAS"))
    by_period = _day_of_parts(rows, ["place", "student", "ENROLLMENT_GU", "day"], "periods")
    return Told(
        sessions=calendar.assign(day=year.day(calendar["CAL_DATE"]))[["place", "day"]],
        enrolments=stays.assign(
            first_day=year.day(stays["ENTER_DATE"]),
            last_day=year.day(stays["LEAVE_DATE"]) - stays["leaves_on"],
            grade=stays["GRADE"].str.upper().map(codes.GRADES),
            status=None,
            reason=stays["LEAVE_CODE"],
        )[ENROLMENT],
        marks=pd.concat([halves[MARK], by_period[MARK]]),
    )


READERS: Mapping[str, Callable[[Year], Told]] = {
    "aeries": _aeries,
    "powerschool": _powerschool,
    "infinite_campus": _infinite_campus,
    "synergy": _synergy,
}


def _systems(files: Mapping[str, list[Sent]], places: pd.DataFrame) -> list[Told]:
    """What each sender's system tells, school year by school year."""
    told = []
    for source, reader in READERS.items():
        by_year: dict[tuple[int, int], dict[str, list[str]]] = {}
        for sent in files.get(source, []):
            tables = by_year.setdefault((sent.sender, int(sent.school_year[:4])), {})
            tables.setdefault(sent.table, []).append(sent.path)
        for (sender, year), tables in by_year.items():
            here = places[(places["sender"] == sender) & (places["year"] == year)]
            here = here[["place", "number", "periods", "leaves_on"]]
            told.append(reader(Year(sender, year, here, tables)))
    return told


def _calpads(files: Sequence[Sent], places: pd.DataFrame, record: str) -> pd.DataFrame:
    """The records of a type, all senders' and years', with place, year and student; withdrawn ones left out."""
    fields = codes.CALPADS_FIELDS[record]
    frames = []
    for sent in files:
        # who has nobody in a programme sends an empty file
        if sent.table == record and Path(sent.path).stat().st_size:
            rows = pd.read_csv(
                sent.path,
                sep="^",
                header=None,
                usecols=[number - 1 for number in fields.values()],
                dtype=str,
                quoting=3,
                keep_default_na=False,
                na_values=[""],
            )
            frames.append(
                rows.rename(columns={number - 1: name for name, number in fields.items()}).assign(sender=sent.sender)
            )
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows["deleted"] != "D"]
    student = pd.to_numeric(rows["ssid"], errors="coerce")
    rows = rows.assign(student=student, year=pd.to_numeric(rows["academic_year"].str[:4], errors="coerce"))
    rows = rows[student.notna()].astype({"student": np.int64})
    return rows.merge(
        places[["place", "sender", "year", "code"]].rename(columns={"code": "school"}), on=["sender", "year", "school"]
    )


def _calpads_day(dates: pd.Series[str], years: pd.Series[int]) -> pd.Series[int]:
    return (pd.to_datetime(dates, format="%Y%m%d", errors="coerce") - _date(years, 7, 1)).dt.days


def _date(years: pd.Series[int], month: int, day: int) -> pd.Series[pd.Timestamp]:
    return pd.to_datetime((years * 10_000 + month * 100 + day).astype(str), format="%Y%m%d")


def _last_day(years: pd.Series[int]) -> pd.Series[int]:
    return (_date(years + 1, 6, 30) - _date(years, 7, 1)).dt.days


def _stays(enrolments: pd.DataFrame, senr: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Place, sender, year, student, priority, first_day, until_day, grade, stay of the stays that count."""
    state = senr.assign(
        first_day=_calpads_day(senr["first"], senr["year"]),
        last_day=_calpads_day(senr["last"], senr["year"]),
        grade=senr["grade"].map(codes.GRADES),
    )[[*ENROLMENT, "sender", "year"]]
    own = enrolments.merge(places[["place", "sender", "year"]], on="place")
    # few systems say primary or short-term; the same enrolment in CALPADS does
    stay = ["place", "student", "first_day"]
    there = state[[*stay, "status"]].drop_duplicates(stay)
    own = own.merge(there, on=stay, how="left", suffixes=("", "_there"))
    own = own.assign(status=own["status"].fillna(own["status_there"]).fillna("10"))
    state = state.merge(own[["sender", "year"]].drop_duplicates(), on=["sender", "year"], how="left", indicator=True)
    told = pd.concat([own, state[state["_merge"] == "left_only"]], ignore_index=True)
    last = _last_day(told["year"])
    told = told.assign(
        priority=told["status"].map(codes.STATUSES),
        first_day=told["first_day"].clip(lower=0),
        until_day=told["last_day"].fillna(last).clip(upper=last),
    )
    counts = (
        told["priority"].notna()
        & ~told["reason"].isin(codes.NEVER_ATTENDED)
        & (told["grade"] != codes.NOT_COUNTED)
        & (told["first_day"] <= told["until_day"])
    )
    key = ["place", "sender", "year", "student", "priority", "first_day", "until_day"]
    stays = told[counts].groupby(key, as_index=False)[["grade"]].max()
    return stays.astype({"first_day": int, "until_day": int, "priority": int}).rename_axis("stay").reset_index()


def _entities(places: pd.DataFrame, county: str) -> pd.DataFrame:
    """Place, entity_level, cds_code: each place once per level."""
    names = {
        "school": places["district"] + places["code"],
        "district": places["district"] + "0" * 7,
        "county": pd.Series(county + "0" * 12, places.index),
    }
    levels = [places[["place"]].assign(entity_level=level, cds_code=name) for level, name in names.items()]
    return pd.concat(levels, ignore_index=True).astype({"entity_level": "category", "cds_code": "category"})


def _lost_days(stays: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """Entity_level, stay, day of the days that another stay of the student at the entity has."""
    several = stays[stays.duplicated(["year", "student"], keep=False)]
    pairs = several.merge(several, on=["year", "student"], suffixes=("", "_other"))
    meet = (
        (pairs["stay"] != pairs["stay_other"])
        & (pairs["first_day"] <= pairs["until_day_other"])
        & (pairs["until_day"] >= pairs["first_day_other"])
    )
    contested = several[several["stay"].isin(pairs[meet]["stay"])]
    lengths = contested["until_day"] - contested["first_day"] + 1
    days = contested.loc[contested.index.repeat(lengths)]
    days = days.assign(day=days["first_day"] + days.groupby(level=0).cumcount()).merge(entities, on="place")
    # status 10 wins over 30, then the later start
    days = days.sort_values(["priority", "first_day", "place", "stay"], ascending=[True, False, True, True])
    return days[days.duplicated([*STUDENT, "day"])][["entity_level", "stay", "day"]]


def _days(
    stays: pd.DataFrame, marks: pd.DataFrame, sessions: pd.DataFrame, through: pd.DataFrame, entities: pd.DataFrame
) -> pd.DataFrame:
    """Entity_level, stay, expected, absent: school days of a stay through the last that its school told of."""
    told = stays.merge(through, on="place")
    told = told.assign(until_day=np.minimum(told["until_day"], told["through_day"]))
    running = sessions.sort_values(["place", "day"])
    running = running.assign(so_far=running.groupby("place").cumcount() + 1).sort_values("day")

    def so_far(day: pd.Series[int]) -> np.ndarray:
        """School days up to a day, by stay."""
        asked = told[["stay", "place"]].assign(day=day.astype(int)).sort_values("day")
        found = pd.merge_asof(asked, running, on="day", by="place").set_index("stay")["so_far"].fillna(0)
        return found.loc[told["stay"]].to_numpy()

    expected = so_far(told["until_day"]) - so_far(told["first_day"] - 1)
    told = told.assign(expected=np.maximum(expected, 0))

    # a student with two numbers at one school still has one day: the gravest mark stands
    coded = marks[marks["said"] != ATTENDED].merge(sessions, on=["place", "day"])
    coded = coded.sort_values("said").drop_duplicates(["place", "student", "day"], keep="last")
    coded = coded.merge(told[["place", "student", "stay", "first_day", "until_day"]], on=["place", "student"])
    coded = coded[coded["day"].between(coded["first_day"], coded["until_day"])]
    coded = coded.assign(missed=coded["said"] == ABSENT, unknown=coded["said"] == UNMAPPED)
    sums = coded.groupby("stay", as_index=False)[["missed", "unknown"]].sum()
    whole = told[["stay", "expected"]].merge(sums, on="stay", how="left")
    whole = whole.merge(entities[["entity_level"]].drop_duplicates(), how="cross")

    taken = _lost_days(stays, entities).merge(told[["stay", "place", "until_day"]], on="stay")
    taken = taken[taken["day"] <= taken["until_day"]].merge(sessions, on=["place", "day"])
    taken = taken.merge(coded[["stay", "day", "missed", "unknown"]], on=["stay", "day"], how="left")
    taken = taken.assign(days=1).astype({"missed": float, "unknown": float})
    lost = taken.groupby(["entity_level", "stay"], as_index=False, observed=True)[["days", "missed", "unknown"]].sum()
    days = whole.merge(lost, on=["entity_level", "stay"], how="left", suffixes=("", "_lost"))
    days = days.fillna({"missed": 0, "unknown": 0, "days": 0, "missed_lost": 0, "unknown_lost": 0})
    return days.assign(
        expected=days["expected"] - days["unknown"] - (days["days"] - days["unknown_lost"]),
        absent=days["missed"] - days["missed_lost"],
    )[["entity_level", "stay", "expected", "absent"]]


def _people(sinf: pd.DataFrame) -> pd.DataFrame:
    """Place, year, student, first_day, parents of each record, and race and gender as reporting categories."""
    answers = [f"race_{number}" for number in range(1, 6)]
    races = sinf[answers].apply(lambda column: column.str[:1].map(codes.RACES))
    # the groups named, each once
    several = races.nunique(axis=1) > 1
    one = races.bfill(axis=1).iloc[:, 0].fillna("RD")
    race = one.mask(several, "RT").mask(sinf["hispanic"] == "Y", "RH")
    return sinf.assign(
        first_day=_calpads_day(sinf["first"], sinf["year"]),
        race=race,
        gender=sinf["gender"].map(codes.GENDERS).fillna("GZ"),
    )[["place", "year", "student", "first_day", "race", "gender", "parents"]]


def _spans(sprg: pd.DataFrame, sela: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Year, student, reporting_category, since, until: when a student was in a group, wherever."""
    programs = pd.DataFrame(
        [(program, category) for program, categories in codes.PROGRAMS.items() for category in categories],
        columns=["program", "reporting_category"],
    )
    member = sprg.merge(programs, on="program")
    ends = _calpads_day(member["last"], member["year"])
    member = member.assign(
        since=_calpads_day(member["first"], member["year"]),
        until=np.where(ends.notna(), ends, _last_day(member["year"])),
    )
    learner = sela.assign(since=_calpads_day(sela["first"], sela["year"]), reporting_category="SE")
    learner = learner[["year", "student", "status", "since", "reporting_category"]].drop_duplicates()
    learner = learner.sort_values(["year", "student", "since"], kind="stable")
    # a status lasts until the day before the next one
    until = learner.groupby(["year", "student"])["since"].shift(-1) - 1
    learner = learner.assign(until=until.fillna(_last_day(learner["year"])))
    family = people[people["parents"] == codes.WITHOUT_DIPLOMA]
    family = family.assign(since=0, until=_last_day(family["year"]), reporting_category="SS")
    columns = ["year", "student", "reporting_category", "since", "until"]
    return pd.concat([member[columns], learner[learner["status"] == "EL"][columns], family[columns]]).drop_duplicates()


def _memberships(
    eligible: pd.DataFrame, stays: pd.DataFrame, people: pd.DataFrame, spans: pd.DataFrame, entities: pd.DataFrame
) -> pd.DataFrame:
    """ENTITY, is_chronic, reporting_category: one row per student and group."""
    # the grade of the stay that has the last day
    order = ["until_day", "priority", "first_day", "place", "stay"]
    here = stays.merge(entities, on="place").sort_values(order, ascending=[True, False, True, False, False])
    grades = here.drop_duplicates(STUDENT, keep="last")[[*STUDENT, "grade"]]
    spanned = pd.DataFrame(
        [(grade, category) for category, among in codes.GRADE_CATEGORIES.items() for grade in among],
        columns=["grade", "reporting_category"],
    )
    by_grade = eligible.merge(grades, on=STUDENT).merge(spanned, on="grade")

    latest = people.sort_values(["first_day", "place"], ascending=[True, False])
    told = [*STUDENT, "race", "gender"]
    at_entity = latest.merge(entities, on="place").drop_duplicates(STUDENT, keep="last")[told]
    anywhere = latest.drop_duplicates(["year", "student"], keep="last")[["year", "student", "race", "gender"]]
    described = eligible.merge(at_entity, on=STUDENT, how="left")
    described = described.merge(anywhere, on=["year", "student"], how="left", suffixes=("", "_elsewhere"))
    races = described["race"].fillna(described["race_elsewhere"]).fillna("RD")
    genders = described["gender"].fillna(described["gender_elsewhere"]).fillna("GZ")

    meeting = stays.merge(spans, on=["year", "student"])
    meeting = meeting[(meeting["since"] <= meeting["until_day"]) & (meeting["until"] >= meeting["first_day"])]
    meeting = meeting[["place", "year", "student", "reporting_category"]].drop_duplicates().merge(entities, on="place")
    meeting = meeting[[*STUDENT, "reporting_category"]].drop_duplicates()

    parts = [
        eligible.assign(reporting_category="TA"),
        by_grade,
        described.assign(reporting_category=races),
        described.assign(reporting_category=genders),
        eligible.merge(meeting, on=STUDENT),
    ]
    columns = [*ENTITY, "is_chronic", "reporting_category"]
    return pd.concat([part[columns].astype({"reporting_category": "str"}) for part in parts], ignore_index=True)


def count(config: Path, extracts: Path, school_years: Sequence[str], target: Path) -> None:
    """Write the table to ``target``; see ``benchmarks.contenders``."""
    senders = read_senders(config)
    files = files_by_source(extracts, senders, school_years)
    places = pd.DataFrame(places_of(senders, files))
    # a school's number as the files spell it
    places = places.assign(number=places["number"].astype("Int64").astype(str), periods=places["periods"].astype(float))
    entities = _entities(places, county_code(config))
    told = _systems(files, places)
    calpads = partial(_calpads, files["calpads"], places)

    stays = _stays(pd.concat([one.enrolments for one in told], ignore_index=True), calpads("SENR"), places)
    sessions = pd.concat([one.sessions for one in told], ignore_index=True).drop_duplicates()
    marks = pd.concat([one.marks for one in told], ignore_index=True)
    del told
    through = marks.merge(sessions, on=["place", "day"]).groupby("place", as_index=False)[["day"]].max()
    through = through.rename(columns={"day": "through_day"})

    stas = calpads("STAS")

    def hundredths(*columns: str) -> pd.Series[int]:
        """In hundredths of a day, so that ten percent is ten percent."""
        numbers = [pd.to_numeric(stas[column], errors="coerce").fillna(0) for column in columns]
        return (sum(numbers[1:], numbers[0]) * 100).round().astype(int)

    summaries = stas.assign(
        expected=hundredths("expected"), absent=hundredths("oss", "excused", "unexcused", "non_ada_is")
    )
    exempt = summaries[summaries["exempt"] == "Y"][["place", "student"]].assign(is_exempt=True)
    daily = _days(stays, marks, sessions, through, entities)
    daily = daily.merge(stays[["stay", "place", "year", "student"]], on="stay")
    daily = daily.merge(exempt, on=["place", "student"], how="left")
    daily = daily[daily["is_exempt"].isna()].merge(entities, on=["place", "entity_level"])
    daily = daily.assign(expected=daily["expected"] * 100, absent=daily["absent"] * 100)
    # a school that enrols and marked nobody is counted from its summaries
    yearly = summaries[
        (summaries["exempt"] != "Y")
        & summaries["place"].isin(stays["place"])
        & ~summaries["place"].isin(through["place"])
    ].merge(entities, on="place")
    days = [*STUDENT, "expected", "absent"]
    sums = pd.concat([daily[days], yearly[days]]).groupby(STUDENT, as_index=False, observed=True).sum()
    eligible = sums[(sums["expected"] >= 3100) & (sums["expected"] > sums["absent"])]
    eligible = eligible.assign(is_chronic=eligible["absent"] * 10 >= eligible["expected"])

    people = _people(calpads("SINF"))
    members = _memberships(eligible, stays, people, _spans(calpads("SPRG"), calpads("SELA"), people), entities)
    figures = members.groupby([*ENTITY, "reporting_category"], as_index=False, observed=True).agg(
        eligible_enrollment=("is_chronic", "size"), chronic_count=("is_chronic", "sum")
    )
    # an entity that enrols and of whose schools none has told anything
    enrolling = stays[["place", "year"]].drop_duplicates().merge(entities, on="place")
    has_told = enrolling["place"].isin(through["place"]) | enrolling["place"].isin(summaries["place"])
    heard = enrolling.assign(heard=has_told).groupby(ENTITY, as_index=False, observed=True)[["heard"]].any()
    silent = heard[~heard["heard"]][ENTITY].assign(reporting_category="TA")
    table = pd.concat([figures, silent], ignore_index=True)
    years = table["year"].astype(int)
    table = table.assign(
        school_year=years.astype(str) + "-" + ((years + 1) % 100).astype(str).str.zfill(2),
        entity_level=table["entity_level"].astype(str),
        cds_code=table["cds_code"].astype(str),
        eligible_enrollment=table["eligible_enrollment"].astype("Int32"),
        chronic_count=table["chronic_count"].astype("Int32"),
    )
    columns = ["school_year", "entity_level", "cds_code", "reporting_category", "eligible_enrollment", "chronic_count"]
    table[columns].sort_values(columns[:4]).to_parquet(target, index=False)
