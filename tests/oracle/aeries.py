"""Aeries, from STU, ENR, ABS, DAY and ATT (docs/rules.md C.1)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.oracle.daily import ATTENDED, UNMAPPED, Daily, day_of_periods
from tests.oracle.extracts import Lea, read_sis
from tests.oracle.students import GRADES, cds_codes, iso_dates, known_as, tuples

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
# DAY.HO: blank, a minimum day, parent conferences; any other code is a day off.
IN_SESSION = ("", "%", "+")
PERIODS = [f"A{number}" for number in range(10)]
GRADE_OF_NUMBER = dict(zip((str(grade) for grade in range(-1, 13)), GRADES, strict=True))


def read_daily(extracts: Path, lea: Lea) -> Daily:
    """What the district's tables tell."""
    calendar = read_sis(extracts, lea, "DAY")
    calendar = calendar.loc[calendar["HO"].isin(IN_SESSION)]
    return Daily(
        sessions=calendar.assign(cds=cds_codes(lea, calendar["SC"]), date=iso_dates(calendar["DT"])),
        coded=_coded(extracts, lea),
        enrolments=_enrolments(extracts, lea),
    )


def _ssids(extracts: Path, lea: Lea, rows: pd.DataFrame) -> pd.Series[str]:
    """The SSIDs of rows by year, SC and SN: LEA and local ID where STU has none, "" where STU has no row."""
    known = {
        (year, school, number): known_as(lea, ssid, local)
        for year, school, number, local, ssid in tuples(
            read_sis(extracts, lea, "STU"), "school_year", "SC", "SN", "ID", "CID"
        )
    }
    found = [known.get((year, school, number), "") for year, school, number in tuples(rows, "school_year", "SC", "SN")]
    return pd.Series(found, index=rows.index, dtype=str)


def _coded(extracts: Path, lea: Lea) -> pd.DataFrame:
    """Rows of ATT that carry a code: not the enter and leave markers, not the deleted."""
    rows = read_sis(extracts, lea, "ATT")
    rows = rows.loc[(rows[["AL", *PERIODS]] != "").any(axis=1) & (rows["DEL"] == "")]
    rows = rows.assign(cds=cds_codes(lea, rows["SC"]), ssid=_ssids(extracts, lea, rows), date=iso_dates(rows["DT"]))
    meanings = {
        (year, school, code): _meaning(code_type, suspension, study, ada)
        for year, school, code, code_type, suspension, study, ada in tuples(
            read_sis(extracts, lea, "ABS"), "school_year", "SC", "CD", "TY", "SU", "IS", "AD"
        )
    }
    schools = {school.cds: school for school in lea.schools}
    told = []
    for year, number, cds, all_day, *periods in tuples(rows, "school_year", "SC", "cds", "AL", *PERIODS):
        if all_day:
            told.append(meanings.get((year, number, all_day), UNMAPPED))
        else:
            heard = [meanings.get((year, number, code), UNMAPPED) for code in periods if code]
            told.append(day_of_periods(heard, schools[cds]))
    return rows.assign(outcome=told)[["school_year", "cds", "ssid", "date", "outcome"]]


def _meaning(code_type: str, suspension: str, study: str, ada: str) -> str:
    """What a row of ABS says of a whole day: one of OUTCOMES."""
    if suspension == "Y":
        return ATTENDED if ada == "Y" else "oss"
    if study in {"C", "I"}:
        return ATTENDED if study == "C" else "non_ada_is"
    return OUTCOME_OF_TYPE.get(code_type, UNMAPPED)


def _enrolments(extracts: Path, lea: Lea) -> pd.DataFrame:
    rows = read_sis(extracts, lea, "ENR")
    left = iso_dates(rows["LD"])
    return rows.assign(
        cds=cds_codes(lea, rows["SC"]),
        ssid=_ssids(extracts, lea, rows),
        start=iso_dates(rows["ED"]),
        end=left - pd.Timedelta(days=1) if lea.leaves_the_day_after else left,
        grade=rows["GR"].map(GRADE_OF_NUMBER),
        exit_reason=rows["ER"],
    )
