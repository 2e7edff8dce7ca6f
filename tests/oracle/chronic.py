"""Chronic absence counted by hand from the extracts: every day of every stint is looked at, one by one.

Independent of the warehouse on purpose: it reads the files and the registry's YAML itself and shares no code, no SQL
and no reference table with what it checks. Rules: docs/rules.md, "Decisions of this project", A, B.1, B.2, C.1 and C.6.

Where those leave room, this is decided:
- A stint counts if its status is 10 or 30, its exit is no no-show, its grade is TK to 12 and it has a day in the year.
- A STAS row counts if its student has a counted stint at that school.
- Every counted stint takes part in deciding overlaps, also one at a school without daily attendance or any at all:
  a day that such a stint wins is not expected of another school. Equal status and start: the higher CDS code wins.
- Period codes of a school without ``periods`` make no absence; an attendance code of an unlisted type is unmapped.
- An English learner's statuses are read in one line, whichever LEA tells them.
- A student without SSID is one student per LEA and local ID.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tests.oracle import aeries, infinite_campus, powerschool, synergy
from tests.oracle.daily import ABSENCES, ATTENDED, UNMAPPED, Daily, days_held, outcomes
from tests.oracle.extracts import Lea, read_calpads, read_leas
from tests.oracle.groups import grade_categories, people, school_categories, spans
from tests.oracle.students import counted_stints

LEVELS = {"school": 14, "district": 7, "county": 2}  # how many digits of the CDS code name the entity
ENTITY = ["school_year", "entity_level", "cds_code"]
STUDENT = [*ENTITY, "ssid"]
AT_SCHOOL = ["school_year", "cds", "ssid"]
READERS = {
    "aeries": aeries.read_daily,
    "powerschool": powerschool.read_daily,
    "infinite_campus": infinite_campus.read_daily,
    "synergy": synergy.read_daily,
}
MEASURES = ["expected", *ABSENCES]

# STAS tells days with two decimals. Sums are kept in whole hundredths of a day, so that 10 percent is 10 percent.
DAY = 100
MINIMUM_DAYS_EXPECTED = 31


@dataclass(frozen=True)
class _Attendance:
    """What is known of the students' days.

    held:      school_year, cds, date of the schools that send daily
    coded:     cds, ssid, date, outcome of the student-days that have a code
    summaries: AT_SCHOOL, MEASURES and ``exempt`` (Y or not) of each STAS row
    daily:     school_year, cds of the schools that send daily
    """

    held: pd.DataFrame
    coded: pd.DataFrame
    summaries: pd.DataFrame
    daily: pd.DataFrame


@dataclass(frozen=True)
class Count:
    """What was counted.

    students: days of a student at an entity in a school year; a row for each student with figures, eligible or not:
              school_year, entity_level (school, district, county), cds_code (14 digits), ssid, days_expected,
              days_absent (of all kinds), days_excused, days_unexcused, days_out_of_school_suspension,
              days_non_ada_independent_study, is_eligible, is_chronic
    groups:   students per school year, entity and reporting category with at least one who is eligible: school_year,
              entity_level, cds_code, reporting_category, eligible_enrollment, chronic_count
    """

    students: pd.DataFrame
    groups: pd.DataFrame


def count(extracts: Path, config: Path) -> Count:
    """Count everything that the extracts tell."""
    leas = read_leas(config)
    told = _told(extracts, leas)
    stints = _stints(extracts, leas, told)
    days = _student_days(stints, _attendance(extracts, leas, told))
    eligible = days.loc[days["is_eligible"], [*STUDENT, "is_chronic"]]
    members = _memberships(extracts, leas, stints, eligible[STUDENT]).merge(eligible, on=STUDENT)
    groups = (
        members.groupby([*ENTITY, "reporting_category"], as_index=False)
        .agg(eligible_enrollment=("ssid", "nunique"), chronic_count=("is_chronic", "sum"))
        .astype({"eligible_enrollment": int, "chronic_count": int})
    )
    return Count(days, groups)


def _told(extracts: Path, leas: tuple[Lea, ...]) -> dict[str, Daily]:
    """What each LEA's student information system tells, by code of the LEA."""
    return {lea.code: READERS[lea.system](extracts, lea) for lea in leas if lea.system}


def _stints(extracts: Path, leas: tuple[Lea, ...], told: dict[str, Daily]) -> pd.DataFrame:
    senr = read_calpads(extracts, leas, "SENR")
    return counted_stints(senr, [daily.enrolments for daily in told.values()], set(told))


def _attendance(extracts: Path, leas: tuple[Lea, ...], told: dict[str, Daily]) -> _Attendance:
    stas = read_calpads(extracts, leas, "STAS").drop_duplicates(AT_SCHOOL, keep="last")
    hundredths = {measure: (pd.to_numeric(stas[measure]).fillna(0) * DAY).round().astype(int) for measure in MEASURES}
    return _Attendance(
        held=pd.concat([days_held(daily) for daily in told.values()]),
        coded=pd.concat([outcomes(daily) for daily in told.values()]),
        summaries=stas[[*AT_SCHOOL, "exempt"]].assign(**hundredths),
        daily=pd.concat([daily.coded[["school_year", "cds"]] for daily in told.values()]).drop_duplicates(),
    )


def _at_levels(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows once per entity that the school of their ``cds`` belongs to."""
    return pd.concat(
        [
            rows.assign(entity_level=level, cds_code=rows["cds"].str[:digits].str.pad(14, "right", "0"))
            for level, digits in LEVELS.items()
        ],
        ignore_index=True,
    )


def _student_days(stints: pd.DataFrame, attendance: _Attendance) -> pd.DataFrame:
    days = pd.concat([_days_by_code(stints, attendance), _days_by_summary(stints, attendance)])
    sums = days.groupby(STUDENT, as_index=False)[MEASURES].sum()
    expected, absent = sums["expected"], sums[list(ABSENCES)].sum(axis=1)
    eligible = (expected >= MINIMUM_DAYS_EXPECTED * DAY) & (expected - absent > 0)
    return sums[STUDENT].assign(
        days_expected=expected / DAY,
        days_absent=absent / DAY,
        days_excused=sums["excused"] / DAY,
        days_unexcused=sums["unexcused"] / DAY,
        days_out_of_school_suspension=sums["oss"] / DAY,
        days_non_ada_independent_study=sums["non_ada_is"] / DAY,
        is_eligible=eligible,
        is_chronic=eligible & (absent * 10 >= expected),
    )


def _days_by_code(stints: pd.DataFrame, attendance: _Attendance) -> pd.DataFrame:
    """STUDENT and MEASURES, a row per student-day that was held; and one of zeros per stint at a school that sends."""
    daily_stints = stints.merge(attendance.daily, on=["school_year", "cds"])
    zeros = _at_levels(daily_stints).assign(**dict.fromkeys(MEASURES, 0))
    exempt = attendance.summaries.loc[attendance.summaries["exempt"] == "Y", AT_SCHOOL].assign(is_exempt=True)
    parts = [zeros[[*STUDENT, *MEASURES]]]
    # Dates on which no school was held need no winner.
    enrolled = _exploded(_by_precedence(stints), attendance.held["date"].drop_duplicates())
    for level, digits in LEVELS.items():
        entity = enrolled["cds"].str[:digits].str.pad(14, "right", "0")
        here = enrolled.assign(entity_level=level, cds_code=entity)
        won = here.drop_duplicates(["cds_code", "ssid", "date"], keep="first")
        won = won.merge(attendance.held, on=["school_year", "cds", "date"])
        won = won.merge(exempt, on=AT_SCHOOL, how="left")
        won = won.loc[won["is_exempt"].isna()]
        won = won.merge(attendance.coded, on=["cds", "ssid", "date"], how="left").fillna({"outcome": ATTENDED})
        measures = {"expected": won["outcome"] != UNMAPPED, **{kind: won["outcome"] == kind for kind in ABSENCES}}
        counted = won[STUDENT].assign(**{measure: true.astype(int) * DAY for measure, true in measures.items()})
        parts.append(counted)
    return pd.concat(parts, ignore_index=True)


def _by_precedence(stints: pd.DataFrame) -> pd.DataFrame:
    """The stints, of two that overlap the one that has the day first: status 10, then the later start."""
    return stints.sort_values(["status", "start", "cds"], ascending=[True, False, False], kind="stable")


def _exploded(stints: pd.DataFrame, dates: pd.Series[pd.Timestamp]) -> pd.DataFrame:
    """School_year, cds, ssid, date: each of the dates that a stint holds, in the order of the stints."""
    lengths = ((stints["end"] - stints["start"]).dt.days + 1).to_numpy()
    days = stints.loc[stints.index.repeat(lengths), ["school_year", "cds", "ssid", "start"]]
    nth = np.concatenate([np.arange(length) for length in lengths]) if len(lengths) else np.array([], dtype=int)
    days = days.assign(date=days["start"] + pd.to_timedelta(nth, unit="D"))
    return days.loc[days["date"].isin(dates)].drop(columns="start").reset_index(drop=True)


def _days_by_summary(stints: pd.DataFrame, attendance: _Attendance) -> pd.DataFrame:
    """STUDENT and MEASURES of each STAS row of a school that sends no daily attendance; of an exempt one zeros."""
    sends = attendance.daily.assign(sends_daily=True)
    rows = attendance.summaries.merge(sends, on=["school_year", "cds"], how="left")
    rows = rows.loc[rows["sends_daily"].isna()].merge(stints[AT_SCHOOL].drop_duplicates(), on=AT_SCHOOL)
    counted = rows["exempt"] != "Y"
    rows = rows.assign(**{measure: rows[measure].where(counted, 0) for measure in MEASURES})
    return _at_levels(rows)[[*STUDENT, *MEASURES]]


def _memberships(extracts: Path, leas: tuple[Lea, ...], stints: pd.DataFrame, students: pd.DataFrame) -> pd.DataFrame:
    """STUDENT and reporting_category, one row per student of an entity and category."""
    here = _at_levels(stints).merge(students, on=STUDENT)

    latest = here.sort_values(["start", "status", "cds"], ascending=[True, False, True], kind="stable")
    latest = latest.drop_duplicates(STUDENT, keep="last")
    # A school is of one kind; the question arises above it.
    by_school = latest.loc[latest["entity_level"] != "school"].merge(school_categories(leas), on="cds")
    by_grade = latest[STUDENT].join(grade_categories(latest["grade"]), how="inner")

    known = people(extracts, leas).sort_values("start", kind="stable")
    at_entity = _at_levels(known).drop_duplicates(STUDENT, keep="last")[[*STUDENT, "race", "gender"]]
    anywhere = known.drop_duplicates(["school_year", "ssid"], keep="last")[["school_year", "ssid", "race", "gender"]]
    told = students.merge(at_entity, on=STUDENT, how="left")
    told = told.merge(anywhere, on=["school_year", "ssid"], how="left", suffixes=("", "_elsewhere"))
    race = told["race"].fillna(told["race_elsewhere"]).fillna("RD")
    gender = told["gender"].fillna(told["gender_elsewhere"]).fillna("GZ")

    meeting = here.merge(spans(extracts, leas), on=["school_year", "ssid"])
    meeting = meeting.loc[(meeting["since"] <= meeting["end"]) & (meeting["until"] >= meeting["start"])]
    parts = [
        students.assign(reporting_category="TA"),
        by_grade,
        by_school[[*STUDENT, "reporting_category"]],
        told[STUDENT].assign(reporting_category=race),
        told[STUDENT].assign(reporting_category=gender),
        meeting[[*STUDENT, "reporting_category"]],
    ]
    return pd.concat(parts, ignore_index=True).drop_duplicates()
