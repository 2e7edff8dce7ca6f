"""Who a row is about: the CDS code of a school number, the SSID of a student number; and who was enrolled when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from tests.oracle.extracts import Lea, read_aeries, read_calpads

PRIMARY, SHORT_TERM = "10", "30"
NO_SHOWS = ("N470", "N420")
GRADES = ("TK", "KN", *(f"{grade:02d}" for grade in range(1, 13)))
AERIES_GRADES = dict(zip((str(grade) for grade in range(-1, 13)), GRADES, strict=True))


def tuples(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[str, ...]]:
    """The rows' texts, one tuple a row."""
    return zip(*(rows[column].tolist() for column in columns), strict=True)


def cds_codes(lea: Lea, numbers: pd.Series[str]) -> pd.Series[str]:
    """CDS codes of an LEA's own school numbers; a number that the registry lacks is an error."""
    cds = {school.number: school.cds for school in lea.schools if school.number is not None}
    if unknown := sorted(set(numbers) - set(cds)):
        raise ValueError(f"LEA {lea.code} sent school number {', '.join(unknown)}: add it to its file in config/leas.")
    return numbers.map(cds)


def ssids(extracts: Path, lea: Lea, rows: pd.DataFrame) -> pd.Series[str]:
    """The SSIDs of rows of Aeries by year, SC and SN: LEA and local ID where STU has none, "" where STU has no row."""
    known = {
        (year, school, number): ssid or f"{lea.code} {local}"
        for year, school, number, local, ssid in tuples(
            read_aeries(extracts, lea, "STU"), "school_year", "SC", "SN", "ID", "CID"
        )
    }
    found = [known.get((year, school, number), "") for year, school, number in tuples(rows, "school_year", "SC", "SN")]
    return pd.Series(found, index=rows.index, dtype=str)


def aeries_dates(days: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """2023-10-31 as a date; blank as none."""
    return pd.to_datetime(days.where(days != ""), format="%Y-%m-%d")


def calpads_dates(days: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """20231031 as a date; blank as none."""
    return pd.to_datetime(days.where(days != ""), format="%Y%m%d")


def year_ends(school_years: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """June 30 of each school year."""
    return pd.to_datetime((school_years.str[:4].astype(int) + 1).astype(str) + "-06-30")


def counted_stints(extracts: Path, leas: tuple[Lea, ...]) -> pd.DataFrame:
    """The counted stints: of an LEA with Aeries its enrolments, of another its SENR records.

    Columns: school_year, cds, ssid, start, end (inclusive, both within the year), status (10 or 30), grade (TK to 12).
    """
    senr = read_calpads(extracts, leas, "SENR")
    senr = senr.assign(start=calpads_dates(senr["start"]), end=calpads_dates(senr["exit"]))
    with_aeries = {lea.code for lea in leas if lea.aeries is not None}
    parts = [senr.loc[~senr["lea"].isin(with_aeries)]]
    parts += [_aeries_stints(extracts, lea, senr) for lea in leas if lea.code in with_aeries]
    columns = ["school_year", "cds", "ssid", "start", "end", "status", "grade", "exit_reason"]
    stints = pd.concat([part[columns] for part in parts], ignore_index=True)
    last = year_ends(stints["school_year"])
    first = last - pd.DateOffset(years=1) + pd.Timedelta(days=1)
    start = stints["start"].where(stints["start"] > first, first)
    end = stints["end"].where(stints["end"] < last, last)  # also where it is blank
    counted = (
        stints["status"].isin([PRIMARY, SHORT_TERM])
        & ~stints["exit_reason"].isin(NO_SHOWS)
        & stints["grade"].isin(GRADES)
        & (start <= end)
    )
    return stints.assign(start=start, end=end).loc[counted].drop(columns="exit_reason").reset_index(drop=True)


def _aeries_stints(extracts: Path, lea: Lea, senr: pd.DataFrame) -> pd.DataFrame:
    enrolments = read_aeries(extracts, lea, "ENR")
    left = aeries_dates(enrolments["LD"])
    enrolments = enrolments.assign(
        cds=cds_codes(lea, enrolments["SC"]),
        ssid=ssids(extracts, lea, enrolments),
        start=aeries_dates(enrolments["ED"]),
        end=left - pd.Timedelta(days=1) if lea.leaves_the_day_after else left,
        grade=enrolments["GR"].map(AERIES_GRADES),
        exit_reason=enrolments["ER"],
    )
    key = ["school_year", "cds", "ssid", "start"]
    statuses = senr.drop_duplicates(key, keep="last")[[*key, "status"]]
    return enrolments.merge(statuses, on=key, how="left").fillna({"status": PRIMARY})
