"""In Polars, lazily, over all senders' files at once: what a county's analyst would write who knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.contenders import codes
from benchmarks.contenders.codes import ABSENT, ATTENDED, UNMAPPED
from benchmarks.contenders.senders import Place, Sent, county_code, files_by_source, places_of, read_senders

STUDENT = ["entity_level", "cds_code", "year", "student"]
LEVELS = ("school", "district", "county")
ENROLMENT = ("place", "student", "first_day", "last_day", "grade", "status", "reason")
MARK = ("place", "student", "day", "said")
PERIODS = [f"A{number}" for number in range(10)]


@dataclass(frozen=True)
class Told:
    """What a system's files tell. A day counts from July 1.

    sessions:   place, day of the days in session
    enrolments: ENROLMENT; status none where the system does not say it
    marks:      MARK, one row per record of a student and day of which anything is said
    """

    sessions: pl.LazyFrame
    enrolments: pl.LazyFrame
    marks: pl.LazyFrame


def _day(column: str, form: str = "%Y-%m-%d") -> pl.Expr:
    date = pl.col(column).str.to_date(form, strict=False)
    return (date - pl.date(pl.col("year"), 7, 1)).dt.total_days().cast(pl.Int16)


def _last_day() -> pl.Expr:
    return (pl.date(pl.col("year") + 1, 6, 30) - pl.date(pl.col("year"), 7, 1)).dt.total_days().cast(pl.Int16)


def _mapped(column: pl.Expr, meanings: Mapping[str, int | str], kind: type[pl.DataType] = pl.Int8) -> pl.Expr:
    return column.replace_strict(meanings, default=None, return_dtype=kind)


def _student(ssid: str, local: str) -> pl.Expr:
    """The SSID; of a student without one a number below zero."""
    own = -(pl.concat_str("sender", local, separator=" ").hash() // 4).cast(pl.Int64)
    return pl.col(ssid).cast(pl.Int64, strict=False).fill_null(own)


def _day_of_parts(missed: pl.Expr, unknown: pl.Expr, parts: str) -> pl.Expr:
    """A day told in parts is missed if all are; it cannot be told if unknown codes stand in the way."""
    return (
        pl.when(missed >= pl.col(parts))
        .then(ABSENT)
        .when(missed + unknown >= pl.col(parts))
        .then(UNMAPPED)
        .otherwise(ATTENDED)
        .cast(pl.Int8)
        .alias("said")
    )


def _parts_of(said: str = "said") -> tuple[pl.Expr, pl.Expr]:
    return (pl.col(said) == ABSENT).sum().alias("missed"), (pl.col(said) == UNMAPPED).sum().alias("unknown")


class Files:
    """The files of one source, to be scanned table by table."""

    def __init__(self, files: Sequence[Sent], places: pl.LazyFrame) -> None:
        self.files = files
        self.places = places.select("place", "sender", "year", "number", "periods", "leaves_on")

    def scan(self, table: str, *columns: str) -> pl.LazyFrame:
        """The columns of all senders' files of a table as text, with sender and year of the folder."""
        chosen = [sent for sent in self.files if sent.table == table]
        told = pl.LazyFrame(
            {
                "path": [sent.path for sent in chosen],
                "sender": [sent.sender for sent in chosen],
                "year": [int(sent.school_year[:4]) for sent in chosen],
            },
            schema={"path": pl.String, "sender": pl.Int32, "year": pl.Int32},
        )
        rows = pl.scan_csv([sent.path for sent in chosen], infer_schema=False, include_file_paths="path")
        return rows.select("path", *columns).join(told, on="path").drop("path")

    def at_school(self, table: str, number: str, *columns: str) -> pl.LazyFrame:
        """As scan, with what is known of the place of the school's number."""
        rows = self.scan(table, number, *columns).with_columns(pl.col(number).cast(pl.Int64, strict=False))
        return rows.join(self.places, left_on=["sender", "year", number], right_on=["sender", "year", "number"])


def _aeries(files: Files) -> Told:
    calendar = files.at_school("DAY", "SC", "DT", "HO")
    in_session = pl.col("HO").is_null() | pl.col("HO").is_in(codes.AERIES_IN_SESSION)
    students = files.at_school("STU", "SC", "SN", "ID", "CID").with_columns(student=_student("CID", "ID"))
    known = students.group_by("sender", "year", "ID").agg(pl.col("student").max())
    enrolments = files.at_school("ENR", "SC", "ID", "YR", "GR", "ED", "LD", "ER").filter(
        pl.col("YR").cast(pl.Int32, strict=False) == pl.col("year")
    )
    meanings = files.at_school("ABS", "SC", "CD", "TY", "SU", "IS", "AD").select(
        "place",
        code="CD",
        said=pl.when(pl.col("SU") == "Y")
        .then(pl.when(pl.col("AD") == "Y").then(ATTENDED).otherwise(ABSENT))
        .when(pl.col("IS") == "C")
        .then(ATTENDED)
        .when(pl.col("IS") == "I")
        .then(ABSENT)
        .otherwise(_mapped(pl.col("TY"), codes.AERIES_TYPES))
        .fill_null(UNMAPPED)
        .cast(pl.Int8),
    )
    coded = files.at_school("ATT", "SC", "SN", "AL", *PERIODS, "DT", "DEL").filter(
        (pl.col("DEL").is_null() | pl.col("DEL").is_in(["0", "N", "False", "false"]))
        & pl.any_horizontal(pl.col("AL", *PERIODS).is_not_null())
    )
    coded = coded.with_columns(day=_day("DT"))
    all_day = coded.filter(pl.col("AL").is_not_null()).join(
        meanings, left_on=["place", "AL"], right_on=["place", "code"], how="left"
    )
    by_period = (
        coded.filter(pl.col("AL").is_null())
        .unpivot(PERIODS, index=["place", "SN", "day", "periods"], value_name="code")
        .filter(pl.col("code").is_not_null())
        .join(meanings, on=["place", "code"], how="left")
        .with_columns(pl.col("said").fill_null(UNMAPPED))
        .group_by("place", "SN", "day", "periods")
        .agg(*_parts_of())
        .with_columns(_day_of_parts(pl.col("missed"), pl.col("unknown"), "periods"))
    )
    marks = pl.concat(
        [
            all_day.select("place", "SN", "day", pl.col("said").fill_null(UNMAPPED)),
            by_period.select("place", "SN", "day", "said"),
        ]
    )
    return Told(
        sessions=calendar.filter(in_session).select("place", day=_day("DT")),
        enrolments=enrolments.join(known, on=["sender", "year", "ID"]).select(
            "place",
            "student",
            first_day=_day("ED"),
            last_day=_day("LD") - pl.col("leaves_on"),
            grade=_mapped(pl.col("GR"), codes.GRADES),
            status=pl.lit(None, pl.String),
            reason="ER",
        ),
        marks=marks.join(students.select("place", "SN", "student"), on=["place", "SN"]).select(MARK),
    )


def _powerschool(files: Files) -> Told:
    items = files.scan(
        "attendance_conversion_items",
        "attendance_conversion_id",
        "conversion_mode_code",
        "input_value",
        "attendance_value",
    ).with_columns(pl.col("attendance_value").cast(pl.Float64, strict=False))
    conversion = ["sender", "year", "attendance_conversion_id"]
    worth_nothing = (
        items.filter((pl.col("conversion_mode_code") == "periodday") & (pl.col("attendance_value") == 0))
        .group_by(conversion)
        .agg(pl.col("input_value").cast(pl.Int64).max().alias("worth_nothing"))
    )
    worth_something = items.filter(
        (pl.col("conversion_mode_code") == "codeday") & (pl.col("attendance_value") > 0)
    ).select(*conversion, attendance_codeid="input_value", is_worth_something=True)
    bells = files.scan("bell_schedule", "id", "attendance_conversion_id")
    calendar = (
        files.at_school("calendar_day", "schoolid", "date_value", "insession", "bell_schedule_id")
        .with_columns(day=_day("date_value"))
        .join(bells, left_on=["sender", "year", "bell_schedule_id"], right_on=["sender", "year", "id"], how="left")
        .join(worth_nothing, on=conversion, how="left")
    )
    of_day = calendar.select("place", "day", "attendance_conversion_id", "worth_nothing")
    students = files.scan(
        "students",
        *(
            "id",
            "student_number",
            "state_studentnumber",
            "schoolid",
            "grade_level",
            "entrydate",
            "exitdate",
            "exitcode",
        ),
        "enroll_status",
    ).with_columns(student=_student("state_studentnumber", "student_number"))
    stay = ["sender", "year", "id", "student", "schoolid", "grade_level", "entrydate", "exitdate", "exitcode"]
    current = students.filter(
        pl.col("entrydate").is_not_null() & (pl.col("enroll_status").cast(pl.Int8, strict=False).fill_null(0) >= 0)
    )
    earlier = files.scan(
        "reenrollments", "studentid", "schoolid", "grade_level", "entrydate", "exitdate", "exitcode"
    ).join(
        students.select("sender", "year", "id", "student"),
        left_on=["sender", "year", "studentid"],
        right_on=["sender", "year", "id"],
    )
    stays = (
        pl.concat([current.select(stay), earlier.rename({"studentid": "id"}).select(stay)])
        .with_columns(pl.col("schoolid").cast(pl.Int64, strict=False))
        .join(files.places, left_on=["sender", "year", "schoolid"], right_on=["sender", "year", "number"])
    )
    meanings = files.scan("attendance_code", "id", "presence_status_cd", "calpads_category").select(
        "sender",
        "year",
        attendance_codeid="id",
        said=_mapped(pl.col("calpads_category").str.to_lowercase(), codes.POWERSCHOOL_CATEGORIES).fill_null(
            pl.when(pl.col("presence_status_cd") == "Absent").then(ABSENT).otherwise(ATTENDED)
        ),
    )
    coded = (
        files.at_school(
            "attendance", "schoolid", "studentid", "att_date", "att_mode_code", "attendance_codeid", "periodid"
        )
        .filter(pl.col("attendance_codeid").is_not_null())
        .with_columns(day=_day("att_date"))
        .join(meanings, on=["sender", "year", "attendance_codeid"], how="left")
        .with_columns(pl.col("said").fill_null(UNMAPPED).cast(pl.Int8))
        .join(of_day, on=["place", "day"], how="left")
    )
    # an absence that is worth some of a day is not a day
    daily = (
        coded.filter(pl.col("att_mode_code") == "ATT_ModeDaily")
        .join(worth_something, on=[*conversion, "attendance_codeid"], how="left")
        .with_columns(
            said=pl.when((pl.col("said") == ABSENT) & pl.col("is_worth_something"))
            .then(ATTENDED)
            .otherwise("said")
            .cast(pl.Int8)
        )
    )
    # two classes may meet in one period: the graver mark stands
    by_period = (
        coded.filter(pl.col("att_mode_code") == "ATT_ModeMeeting")
        .group_by("place", "studentid", "day", "periods", "worth_nothing", "periodid")
        .agg(pl.col("said").max())
        .group_by("place", "studentid", "day", "periods", "worth_nothing")
        .agg(*_parts_of())
        .with_columns(parts=pl.col("periods") - pl.col("worth_nothing").fill_null(0))
        .with_columns(parts=pl.when(pl.col("parts") > 0).then("parts"))
        .with_columns(_day_of_parts(pl.col("missed"), pl.col("unknown"), "parts"))
    )
    marks = pl.concat([rows.select("place", "studentid", "day", "said") for rows in (daily, by_period)])
    known = stays.select("place", "student", studentid="id").unique()
    return Told(
        sessions=calendar.filter(pl.col("insession") == "1").select("place", "day"),
        enrolments=stays.select(
            "place",
            "student",
            first_day=_day("entrydate"),
            # the exit date is the first day on which the student is no longer expected
            last_day=_day("exitdate") - 1,
            grade=_mapped(pl.col("grade_level"), codes.GRADES),
            status=pl.lit(None, pl.String),
            reason="exitcode",
        ),
        marks=marks.join(known, on=["place", "studentid"]).select(MARK),
    )


def _infinite_campus(files: Files) -> Told:
    periods = files.scan("Period", "periodID", "calendarID", "nonInstructional")
    lunch = pl.col("nonInstructional") == "1"
    instructional = (
        periods.filter(lunch.fill_null(value=False).not_())
        .group_by("sender", "year", "calendarID")
        .agg(pl.len().alias("parts"))
    )
    calendar = ["sender", "year", "calendarID"]
    calendars = files.at_school("Calendar", "schoolNumber", "calendarID").join(instructional, on=calendar, how="left")
    calendars = calendars.select(*calendar, "place", "parts")
    held = pl.all_horizontal(pl.col("schoolDay", "instruction", "attendance") == "1")
    days = files.scan("Day", "calendarID", "date", "schoolDay", "instruction", "attendance").filter(held)
    students = files.scan("Student", "personID", "stateID", "studentNumber").select(
        "sender", "year", "personID", student=_student("stateID", "studentNumber")
    )
    stays = (
        files.scan(
            "Enrollment",
            *("personID", "calendarID", "grade", "serviceType", "startDate", "endDate", "endStatus"),
            *("noShow", "stateExclude"),
        )
        # what is not reported to the state, and who never came
        .filter(
            (pl.col("serviceType") != "N")
            & (pl.col("noShow").fill_null("0") != "1")
            & (pl.col("stateExclude").fill_null("0") != "1")
        )
        .join(calendars, on=calendar)
        .join(students, on=["sender", "year", "personID"])
    )
    exceptions = (
        files.scan("Attendance", "personID", "calendarID", "date", "periodID", "excuseID", "status", "excuse")
        .join(calendars, on=calendar)
        .join(
            files.scan("AttendanceExcuse", "excuseID", "status", "excuse", "stateCode"),
            on=["sender", "year", "excuseID"],
            how="left",
            suffix="_usual",
        )
        .join(
            periods.filter(lunch).select("sender", "year", "periodID", is_lunch=True),
            on=["sender", "year", "periodID"],
            how="left",
        )
        .with_columns(
            day=_day("date"),
            # lunch and the like says nothing of the day, but that somebody marked it
            said=pl.when(pl.col("is_lunch").is_null()).then(
                _mapped(pl.col("stateCode"), codes.CAMPUS_STATE_CODES)
                .fill_null(
                    _mapped(
                        pl.concat_str(
                            pl.coalesce("status", "status_usual"), pl.coalesce("excuse", "excuse_usual", pl.lit("K"))
                        ),
                        codes.CAMPUS_STATUSES,
                    )
                )
                .fill_null(UNMAPPED)
            ),
        )
    )
    marks = (
        exceptions.group_by("place", "personID", "day", "calendarID", "parts")
        .agg(*_parts_of())
        .with_columns(_day_of_parts(pl.col("missed"), pl.col("unknown"), "parts"))
    )
    known = stays.select("place", "personID", "student").unique()
    return Told(
        sessions=days.join(calendars, on=calendar).select("place", day=_day("date")).unique(),
        enrolments=stays.select(
            "place",
            "student",
            first_day=_day("startDate"),
            last_day=_day("endDate"),
            grade=_mapped(pl.col("grade").str.to_uppercase(), codes.GRADES),
            # a second school; whether P is primary or short-term, CALPADS says
            status=pl.when(pl.col("serviceType") == "S").then(pl.lit("20")),
            reason="endStatus",
        ),
        marks=marks.join(known, on=["place", "personID"]).select(MARK),
    )


def _synergy(files: Files) -> Told:
    calendar = files.at_school("calendar", "SCHOOL_CODE", "CAL_DATE", "IN_SESSION")
    students = files.scan("students", "SIS_NUMBER", "STATE_STUDENT_NUMBER")
    stays = (
        files.at_school(
            "enrollment",
            "SCHOOL_CODE",
            *("ENROLLMENT_GU", "SIS_NUMBER", "SCHOOL_YEAR", "GRADE", "ENTER_DATE", "LEAVE_DATE", "LEAVE_CODE"),
            "EXCLUDE_ADA_ADM",
        )
        # an enrolment at a second school is left out of attendance
        .filter(
            pl.col("EXCLUDE_ADA_ADM").fill_null("N").is_in(["N", "0"])
            & (pl.col("SCHOOL_YEAR").cast(pl.Int32, strict=False) == pl.col("year"))
        )
        .join(students, on=["sender", "year", "SIS_NUMBER"], how="left")
        .with_columns(student=_student("STATE_STUDENT_NUMBER", "SIS_NUMBER"))
    )
    meanings = files.at_school("codes", "SCHOOL_CODE", "SCHOOL_YEAR", "ABBREVIATION", "TYPE").select(
        "place",
        code="ABBREVIATION",
        said=_mapped(pl.col("TYPE").str.to_uppercase(), codes.SYNERGY_TYPES).fill_null(UNMAPPED),
    )
    record = ["sender", "year", "ENROLLMENT_GU"]
    known = stays.select(*record, "place", "student", "periods")

    def said_of(rows: pl.LazyFrame, code: str, name: str) -> pl.LazyFrame:
        """The rows with what the code means, ATTENDED where there is none."""
        joined = rows.join(
            meanings.rename({"said": name}), left_on=["place", code], right_on=["place", "code"], how="left"
        )
        meaning = pl.when(pl.col(code).is_not_null()).then(pl.col(name).fill_null(UNMAPPED)).otherwise(ATTENDED)
        return joined.with_columns(meaning.cast(pl.Int8).alias(name))

    halves = (
        files.scan("daily", "ENROLLMENT_GU", "ABS_DATE", "CODE_ABS_REAS1", "CODE_ABS_REAS2")
        .filter(pl.any_horizontal(pl.col("CODE_ABS_REAS1", "CODE_ABS_REAS2").is_not_null()))
        .join(known, on=record)
    )
    halves = said_of(said_of(halves, "CODE_ABS_REAS1", "morning"), "CODE_ABS_REAS2", "afternoon")
    by_period = (
        said_of(
            files.scan("period", "ENROLLMENT_GU", "ABS_DATE", "CODE_ABS_REAS")
            .filter(pl.col("CODE_ABS_REAS").is_not_null())
            .join(known, on=record),
            "CODE_ABS_REAS",
            "said",
        )
        .with_columns(day=_day("ABS_DATE"))
        .group_by("place", "student", "ENROLLMENT_GU", "day", "periods")
        .agg(*_parts_of())
        .with_columns(_day_of_parts(pl.col("missed"), pl.col("unknown"), "periods"))
    )
    return Told(
        sessions=calendar.filter(pl.col("IN_SESSION") == "Y").select("place", day=_day("CAL_DATE")),
        enrolments=stays.select(
            "place",
            "student",
            first_day=_day("ENTER_DATE"),
            last_day=_day("LEAVE_DATE") - pl.col("leaves_on"),
            grade=_mapped(pl.col("GRADE").str.to_uppercase(), codes.GRADES),
            status=pl.lit(None, pl.String),
            reason="LEAVE_CODE",
        ),
        marks=pl.concat(
            [
                # the lighter of the two halves: a day is missed in both
                halves.with_columns(day=_day("ABS_DATE"), said=pl.min_horizontal("morning", "afternoon")).select(MARK),
                by_period.select(MARK),
            ]
        ),
    )


READERS = {
    "aeries": _aeries,
    "powerschool": _powerschool,
    "infinite_campus": _infinite_campus,
    "synergy": _synergy,
}


def _calpads(files: Sequence[Sent], places: pl.LazyFrame, record: str) -> pl.LazyFrame:
    """The records of a type, all senders' and years', with place, year and student; withdrawn ones left out."""
    chosen = [sent for sent in files if sent.table == record]
    senders = pl.LazyFrame(
        {"path": [sent.path for sent in chosen], "sender": [sent.sender for sent in chosen]},
        schema={"path": pl.String, "sender": pl.Int32},
    )
    names = {f"f{number}": pl.String for number in range(1, codes.CALPADS_WIDTHS[record] + 1)}
    rows = pl.scan_csv(
        [sent.path for sent in chosen],
        has_header=False,
        separator="^",
        quote_char=None,
        schema=names,
        missing_columns="insert",
        truncate_ragged_lines=True,
        include_file_paths="path",
    )
    return (
        rows.select("path", **{name: f"f{number}" for name, number in codes.CALPADS_FIELDS[record].items()})
        .filter(pl.col("deleted").fill_null("") != "D")
        .join(senders, on="path")
        .with_columns(
            year=pl.col("academic_year").str.slice(0, 4).cast(pl.Int32, strict=False),
            student=pl.col("ssid").cast(pl.Int64, strict=False),
        )
        .join(
            places.select("place", "sender", "year", "code"),
            left_on=["sender", "year", "school"],
            right_on=["sender", "year", "code"],
        )
    )


def _stays(told: Iterable[Told], senr: pl.LazyFrame, places: pl.LazyFrame) -> pl.LazyFrame:
    """Place, sender, year, student, priority, first_day, until_day, grade of the stays that count."""
    state = senr.select(
        *ENROLMENT[:2],
        "sender",
        "year",
        first_day=_day("first", "%Y%m%d"),
        last_day=_day("last", "%Y%m%d"),
        grade=_mapped(pl.col("grade"), codes.GRADES),
        status="status",
        reason="reason",
    )
    of_place = places.select("place", "sender", "year")
    own = pl.concat([one.enrolments for one in told]).join(of_place, on="place")
    connected = own.select("sender", "year").unique()
    stay = ["place", "student", "first_day"]
    # few systems say primary or short-term; the same enrolment in CALPADS does
    own = own.join(state.select(*stay, status_there="status").unique(stay), on=stay, how="left").with_columns(
        status=pl.coalesce("status", "status_there", pl.lit("10"))
    )
    columns = [*ENROLMENT, "sender", "year"]
    everyone = pl.concat(
        [own.select(columns), state.join(connected, on=["sender", "year"], how="anti").select(columns)]
    )
    return (
        everyone.with_columns(
            priority=_mapped(pl.col("status"), codes.STATUSES),
            first_day=pl.max_horizontal("first_day", pl.lit(0, pl.Int16)),
            until_day=pl.min_horizontal(pl.col("last_day"), _last_day()),
        )
        .filter(
            pl.col("priority").is_not_null()
            & pl.col("reason").fill_null("").is_in(codes.NEVER_ATTENDED).not_()
            & (pl.col("grade").fill_null(0) != codes.NOT_COUNTED)
            & (pl.col("first_day") <= pl.col("until_day"))
        )
        .group_by("place", "sender", "year", "student", "priority", "first_day", "until_day")
        .agg(pl.col("grade").max())
    )


def _entities(places: Sequence[Place], county: str) -> pl.DataFrame:
    """Place, entity_level, cds_code: each place once per level."""
    rows = [
        (place.place, level, cds)
        for place in places
        for level, cds in zip(
            LEVELS, (place.district + place.code, place.district + "0" * 7, county + "0" * 12), strict=True
        )
    ]
    return pl.DataFrame(
        rows, schema={"place": pl.Int32, "entity_level": pl.Categorical, "cds_code": pl.Categorical}, orient="row"
    )


def _lost_days(stays: pl.DataFrame, entities: pl.DataFrame) -> pl.DataFrame:
    """Entity_level, stay, day of the days that another stay of the student at the entity has."""
    several = stays.group_by("year", "student").agg(pl.len()).filter(pl.col("len") > 1)
    stays_of_several = stays.join(several, on=["year", "student"], how="semi")
    contested = stays_of_several.join(stays_of_several, on=["year", "student"], suffix="_other").filter(
        (pl.col("stay") != pl.col("stay_other"))
        & (pl.col("first_day") <= pl.col("until_day_other"))
        & (pl.col("until_day") >= pl.col("first_day_other"))
    )
    days = (
        stays_of_several.join(contested, on="stay", how="semi")
        .with_columns(day=pl.int_ranges("first_day", pl.col("until_day") + 1, dtype=pl.Int16))
        .explode("day")
        .join(entities, on="place")
        # status 10 wins over 30, then the later start
        .sort("priority", "first_day", "place", "stay", descending=[False, True, False, False])
    )
    return days.filter(pl.struct(*STUDENT, "day").is_first_distinct().not_()).select("entity_level", "stay", "day")


def _days(
    stays: pl.DataFrame, marks: pl.DataFrame, sessions: pl.DataFrame, through: pl.DataFrame, entities: pl.DataFrame
) -> pl.DataFrame:
    """Entity_level, stay, expected, absent: school days of a stay through the last that its school told of."""
    lost = _lost_days(stays, entities)
    running = sessions.sort("place", "day").with_columns(so_far=pl.int_range(1, pl.len() + 1).over("place"))
    told = stays.join(through, on="place").with_columns(until_day=pl.min_horizontal("until_day", "through_day"))

    def so_far(day: pl.Expr, name: str) -> pl.DataFrame:
        """Per stay the school days up to a day."""
        asked = told.select("stay", "place", day=day.cast(pl.Int16)).sort("day")
        found = asked.join_asof(running.sort("day"), on="day", by="place", check_sortedness=False)
        return found.select("stay", pl.col("so_far").fill_null(0).alias(name))

    expected = (
        told.select("stay")
        .join(so_far(pl.col("until_day"), "until"), on="stay")
        .join(so_far(pl.col("first_day") - 1, "before"), on="stay")
        .select("stay", expected=pl.max_horizontal(pl.col("until").cast(pl.Int64) - pl.col("before"), 0))
    )
    in_stay = (
        marks.filter(pl.col("said") != ATTENDED)
        .join(sessions, on=["place", "day"], how="semi")
        # a student with two numbers at one school still has one day: the gravest mark stands
        .group_by("place", "student", "day")
        .agg(pl.col("said").max())
        .join(told.select("place", "student", "stay", "first_day", "until_day"), on=["place", "student"])
        .filter(pl.col("day").is_between("first_day", "until_day"))
    )
    whole = (
        expected.join(
            in_stay.group_by("stay").agg(*_parts_of()),
            on="stay",
            how="left",
        )
        .with_columns(pl.col("missed", "unknown").fill_null(0))
        .join(pl.DataFrame({"entity_level": LEVELS}, schema={"entity_level": pl.Categorical}), how="cross")
    )
    taken = (
        lost.join(told.select("stay", "place", "first_day", "until_day"), on="stay")
        .filter(pl.col("day") <= pl.col("until_day"))
        .join(sessions, on=["place", "day"], how="semi")
        .join(in_stay.select("stay", "day", "said"), on=["stay", "day"], how="left")
        .group_by("entity_level", "stay")
        .agg(pl.len().alias("days_taken"), *(part.name.suffix("_taken") for part in _parts_of()))
    )
    return (
        whole.join(taken, on=["entity_level", "stay"], how="left")
        .with_columns(pl.col("days_taken", "missed_taken", "unknown_taken").fill_null(0))
        .select(
            "entity_level",
            "stay",
            expected=pl.col("expected").cast(pl.Int64)
            - pl.col("unknown")
            - (pl.col("days_taken").cast(pl.Int64) - pl.col("unknown_taken")),
            absent=pl.col("missed").cast(pl.Int64) - pl.col("missed_taken"),
        )
    )


def _people(sinf: pl.LazyFrame) -> pl.DataFrame:
    """Place, year, student, first_day, race, gender of each record; race and gender as reporting categories."""
    races = pl.concat_list(
        _mapped(pl.col(f"race_{number}").str.slice(0, 1), codes.RACES, pl.String) for number in range(1, 6)
    )
    named = races.list.drop_nulls().list.unique()
    return sinf.select(
        "place",
        "year",
        "student",
        first_day=_day("first", "%Y%m%d"),
        race=pl.when(pl.col("hispanic") == "Y")
        .then(pl.lit("RH"))
        .when(named.list.len() > 1)
        .then(pl.lit("RT"))
        .otherwise(named.list.first())
        .fill_null("RD"),
        gender=_mapped(pl.col("gender"), codes.GENDERS, pl.String).fill_null("GZ"),
        parents="parents",
    ).collect(engine="streaming")


def _spans(sprg: pl.LazyFrame, sela: pl.LazyFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Year, student, reporting_category, since, until: when a student was in a group, wherever."""
    programs = pl.LazyFrame(
        [(program, category) for program, categories in codes.PROGRAMS.items() for category in categories],
        schema=["program", "reporting_category"],
        orient="row",
    )
    columns = ["year", "student", "reporting_category", "since", "until"]
    member = sprg.join(programs, on="program").with_columns(
        since=_day("first", "%Y%m%d"), until=_day("last", "%Y%m%d").fill_null(_last_day())
    )
    learner = (
        sela.select("year", "student", "status", since=_day("first", "%Y%m%d"))
        .unique()
        .sort("year", "student", "since")
        # a status lasts until the day before the next one
        .with_columns(
            until=(pl.col("since").shift(-1).over("year", "student") - 1).fill_null(_last_day()),
            reporting_category=pl.lit("SE"),
        )
        .filter(pl.col("status") == "EL")
    )
    family = (
        people.lazy()
        .filter(pl.col("parents") == codes.WITHOUT_DIPLOMA)
        .with_columns(since=pl.lit(0, pl.Int16), until=_last_day(), reporting_category=pl.lit("SS"))
    )
    spans = pl.concat([rows.select(columns) for rows in (member, learner, family)])
    return spans.unique().collect(engine="streaming")


def _memberships(
    eligible: pl.DataFrame, stays: pl.DataFrame, people: pl.DataFrame, spans: pl.DataFrame, entities: pl.DataFrame
) -> pl.LazyFrame:
    """STUDENT, is_chronic, reporting_category: once for each group that a student is in."""
    students = eligible.lazy()
    here = stays.lazy().join(entities.lazy(), on="place")
    member = [*STUDENT, "is_chronic", "reporting_category"]

    # the grade of the stay that has the last day
    grades = here.sort(
        "until_day", "priority", "first_day", "place", "stay", descending=[False, True, False, True, True]
    ).unique(STUDENT, keep="last", maintain_order=True)
    spanned = pl.LazyFrame(
        [(grade, category) for category, among in codes.GRADE_CATEGORIES.items() for grade in among],
        schema={"grade": pl.Int8, "reporting_category": pl.String},
        orient="row",
    )
    by_grade = students.join(grades, on=STUDENT).join(spanned, on="grade")

    latest = people.lazy().sort("first_day", "place", descending=[False, True])
    anywhere = latest.unique(["year", "student"], keep="last", maintain_order=True)
    at_entity = latest.join(entities.lazy(), on="place", maintain_order="left").unique(
        STUDENT, keep="last", maintain_order=True
    )
    described = students.join(at_entity.select(*STUDENT, "race", "gender"), on=STUDENT, how="left").join(
        anywhere.select("year", "student", "race", "gender"), on=["year", "student"], how="left", suffix="_elsewhere"
    )
    races = described.with_columns(reporting_category=pl.coalesce("race", "race_elsewhere", pl.lit("RD")))
    genders = described.with_columns(reporting_category=pl.coalesce("gender", "gender_elsewhere", pl.lit("GZ")))

    meeting = (
        stays.lazy()
        .join(spans.lazy(), on=["year", "student"])
        .filter((pl.col("since") <= pl.col("until_day")) & (pl.col("until") >= pl.col("first_day")))
        .select("place", "year", "student", "reporting_category")
        .unique()
        .join(entities.lazy(), on="place")
        .select(*STUDENT, "reporting_category")
        .unique()
    )
    parts = [
        students.with_columns(reporting_category=pl.lit("TA")),
        by_grade,
        races,
        genders,
        students.join(meeting, on=STUDENT),
    ]
    return pl.concat([part.select(member) for part in parts])


def count(config: Path, extracts: Path, school_years: Sequence[str], target: Path) -> None:
    """Write the table to ``target``; see ``benchmarks.contenders``."""
    senders = read_senders(config)
    files = files_by_source(extracts, senders, school_years)
    all_places = places_of(senders, files)
    places = pl.DataFrame(
        all_places,
        schema={
            "place": pl.Int32,
            "year": pl.Int32,
            "sender": pl.Int32,
            "district": pl.String,
            "code": pl.String,
            "number": pl.Int64,
            "periods": pl.Int64,
            "leaves_on": pl.Int16,
        },
    ).lazy()
    entities = _entities(all_places, county_code(config))
    records = {record: _calpads(files["calpads"], places, record) for record in codes.CALPADS_FIELDS}

    told = [READERS[source](Files(sent, places)) for source, sent in files.items() if source in READERS]
    stays = _stays(told, records["SENR"], places).collect(engine="streaming")
    stays = stays.with_columns(stay=pl.int_range(pl.len(), dtype=pl.Int32))
    sessions = pl.concat([one.sessions for one in told]).unique().collect(engine="streaming")
    marks = pl.concat([one.marks.collect(engine="streaming") for one in told])
    through = (
        marks.join(sessions, on=["place", "day"], how="semi").group_by("place").agg(through_day=pl.col("day").max())
    )

    summaries = (
        records["STAS"]
        .select(
            "place",
            "year",
            "student",
            is_exempt=(pl.col("exempt") == "Y").fill_null(value=False),
            # in hundredths of a day, so that ten percent is ten percent
            expected=(pl.col("expected").cast(pl.Float64, strict=False).fill_null(0) * 100).round().cast(pl.Int64),
            absent=(
                pl.sum_horizontal(pl.col("oss", "excused", "unexcused", "non_ada_is").cast(pl.Float64, strict=False))
                * 100
            )
            .round()
            .cast(pl.Int64),
        )
        .collect(engine="streaming")
    )
    exempt = summaries.filter("is_exempt").select("place", "student")
    days = [*STUDENT, "expected", "absent"]
    daily = (
        _days(stays, marks, sessions, through, entities)
        .join(stays.select("stay", "place", "year", "student"), on="stay")
        .join(exempt, on=["place", "student"], how="anti")
        .join(entities, on=["place", "entity_level"])
        .with_columns(pl.col("expected", "absent") * 100)
    )
    # a school that enrols and marked nobody is counted from its summaries
    yearly = (
        summaries.filter(pl.col("is_exempt").not_())
        .join(stays, on="place", how="semi")
        .join(through, on="place", how="anti")
        .join(entities, on="place")
    )
    eligible = (
        pl.concat([daily.select(days), yearly.select(days)])
        .group_by(STUDENT)
        .agg(pl.col("expected", "absent").sum())
        .filter((pl.col("expected") >= 3100) & (pl.col("expected") > pl.col("absent")))
        .with_columns(is_chronic=pl.col("absent") * 10 >= pl.col("expected"))
    )
    people = _people(records["SINF"])
    spans = _spans(records["SPRG"], records["SELA"], people)
    entity = ["year", "entity_level", "cds_code"]
    figures = (
        _memberships(eligible, stays, people, spans, entities)
        .group_by(*entity, "reporting_category")
        .agg(
            eligible_enrollment=pl.len().cast(pl.Int32),
            chronic_count=pl.col("is_chronic").sum().cast(pl.Int32),
        )
        .collect(engine="streaming")
    )
    # an entity that enrols and of whose schools none has told anything
    heard = pl.concat([through.select("place"), summaries.select("place")]).unique()
    enrolling = stays.select("place", "year").unique().join(entities, on="place")
    silent = (
        enrolling.select(entity).unique().join(enrolling.join(heard, on="place", how="semi"), on=entity, how="anti")
    )
    table = pl.concat([figures, silent.with_columns(reporting_category=pl.lit("TA"))], how="diagonal")
    year = pl.col("year")
    table.select(
        school_year=pl.format("{}-{}", year, ((year + 1) % 100).cast(pl.String).str.zfill(2)),
        entity_level=pl.col("entity_level").cast(pl.String),
        cds_code=pl.col("cds_code").cast(pl.String),
        reporting_category="reporting_category",
        eligible_enrollment="eligible_enrollment",
        chronic_count="chronic_count",
    ).sort(pl.all()).write_parquet(target)
