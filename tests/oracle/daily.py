"""Schools that send attendance daily: which days were held, and what became of each day that has a code."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.oracle.extracts import Lea, School, read_aeries
from tests.oracle.students import aeries_dates, cds_codes, ssids, tuples

# Absences from the gravest to the lightest: a day of several periods takes the gravest.
ABSENCES = ("oss", "non_ada_is", "unexcused", "excused")
UNMAPPED = "unmapped"
ATTENDED = "attended"
OUTCOMES = (*ABSENCES, UNMAPPED, ATTENDED)

# ABS.TY; a type that is not listed says nothing that could be counted.
OUTCOME_OF_TYPE = {
    "1": "unexcused",
    "2": "excused",
    "3": "unexcused",
    "5": ATTENDED,
    "6": ATTENDED,
    "8": ATTENDED,
    "9": ATTENDED,
}
PERIODS = [f"A{number}" for number in range(10)]


def code_rows(extracts: Path, lea: Lea) -> pd.DataFrame:
    """Rows of ATT that carry a code, with cds, ssid and date: not the enter and leave markers, not the deleted."""
    rows = read_aeries(extracts, lea, "ATT")
    rows = rows.loc[(rows[["AL", *PERIODS]] != "").any(axis=1) & (rows["DEL"] == "")]
    return rows.assign(cds=cds_codes(lea, rows["SC"]), ssid=ssids(extracts, lea, rows), date=aeries_dates(rows["DT"]))


def days_held(extracts: Path, lea: Lea, codes: pd.DataFrame) -> pd.DataFrame:
    """School_year, cds, date: in session, and not after the school's last in-session date that has any code."""
    calendar = read_aeries(extracts, lea, "DAY")
    calendar = calendar.loc[calendar["HO"] == ""]
    calendar = calendar.assign(cds=cds_codes(lea, calendar["SC"]), date=aeries_dates(calendar["DT"]))
    calendar = calendar[["school_year", "cds", "date"]].drop_duplicates()
    taken = calendar.merge(codes[["cds", "date"]].drop_duplicates(), on=["cds", "date"])
    through = taken.groupby(["school_year", "cds"], as_index=False).agg(through=("date", "max"))
    complete = calendar.merge(through, on=["school_year", "cds"])
    return complete.loc[complete["date"] <= complete["through"]].drop(columns="through")


def outcomes(extracts: Path, lea: Lea, codes: pd.DataFrame) -> pd.DataFrame:
    """Cds, ssid, date, outcome (one of OUTCOMES) of each student and day that has a code."""
    meanings = {
        (year, school, code): _meaning(code_type, suspension, study, ada)
        for year, school, code, code_type, suspension, study, ada in tuples(
            read_aeries(extracts, lea, "ABS"), "school_year", "SC", "CD", "TY", "SU", "IS", "AD"
        )
    }
    schools = {school.cds: school for school in lea.schools}
    told = []
    for year, number, cds, all_day, *periods in tuples(codes, "school_year", "SC", "cds", "AL", *PERIODS):
        if all_day:
            told.append(meanings.get((year, number, all_day), UNMAPPED))
        else:
            heard = [meanings.get((year, number, code), UNMAPPED) for code in periods if code]
            told.append(_day_of_periods(heard, schools[cds]))
    days = codes[["cds", "ssid", "date"]].assign(rank=[OUTCOMES.index(outcome) for outcome in told], outcome=told)
    # A student has one row with codes a day; should there be two, the gravest counts.
    return days.sort_values("rank", kind="stable").drop_duplicates(["cds", "ssid", "date"]).drop(columns="rank")


def _meaning(code_type: str, suspension: str, study: str, ada: str) -> str:
    """What a row of ABS says of a whole day: one of OUTCOMES."""
    if suspension == "Y":
        return ATTENDED if ada == "Y" else "oss"
    if study in {"C", "I"}:
        return ATTENDED if study == "C" else "non_ada_is"
    return OUTCOME_OF_TYPE.get(code_type, UNMAPPED)


def _day_of_periods(heard: list[str], school: School) -> str:
    """A day told by its periods is absent only if every instructional period is (never where there are none)."""
    absences = [outcome for outcome in heard if outcome in ABSENCES]
    unmapped = heard.count(UNMAPPED)
    if school.periods is None:
        return ATTENDED
    if len(absences) >= school.periods:
        return min(absences, key=ABSENCES.index)
    if unmapped and len(absences) + unmapped >= school.periods:
        return UNMAPPED
    return ATTENDED
