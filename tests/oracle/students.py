"""Who a row is about: the CDS code of a school number, the SSID of a student number; and who was enrolled when."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from tests.oracle.extracts import Lea

PRIMARY, SHORT_TERM = "10", "30"
NO_SHOWS = ("N470", "N420")
GRADES = ("TK", "KN", *(f"{grade:02d}" for grade in range(1, 13)))


def tuples(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[str, ...]]:
    """The rows' texts, one tuple a row."""
    return zip(*(rows[column].tolist() for column in columns), strict=True)


def cds_codes(lea: Lea, numbers: pd.Series[str]) -> pd.Series[str]:
    """CDS codes of an LEA's own school numbers; a number that the registry lacks is an error."""
    cds = {school.number: school.cds for school in lea.schools if school.number is not None}
    if unknown := sorted(set(numbers) - set(cds)):
        raise ValueError(f"LEA {lea.code} sent school number {', '.join(unknown)}: add it to its file in config/leas.")
    return numbers.map(cds)


def known_as(lea: Lea, ssid: str, local: str) -> str:
    """The SSID, or LEA and local ID where there is none."""
    return ssid or f"{lea.code} {local}"


def iso_dates(days: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """2023-10-31 as a date; blank as none."""
    return pd.to_datetime(days.where(days != ""), format="%Y-%m-%d")


def calpads_dates(days: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """20231031 as a date; blank as none."""
    return pd.to_datetime(days.where(days != ""), format="%Y%m%d")


def year_ends(school_years: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """June 30 of each school year."""
    return pd.to_datetime((school_years.str[:4].astype(int) + 1).astype(str) + "-06-30")


def counted_stints(senr: pd.DataFrame, enrolments: list[pd.DataFrame], with_sis: set[str]) -> pd.DataFrame:
    """The counted stints: of an LEA with a student information system its enrolments, of another its SENR records.

    senr:       all LEAs' records
    enrolments: of each LEA in with_sis: school_year, cds, ssid, start, end (inclusive), grade, exit_reason

    Columns: school_year, cds, ssid, start, end (inclusive, both within the year), status (10 or 30), grade (TK to 12).
    """
    senr = senr.assign(start=calpads_dates(senr["start"]), end=calpads_dates(senr["exit"]))
    key = ["school_year", "cds", "ssid", "start"]
    statuses = senr.drop_duplicates(key, keep="last")[[*key, "status"]]
    parts = [senr.loc[~senr["lea"].isin(with_sis)]]
    parts += [rows.merge(statuses, on=key, how="left").fillna({"status": PRIMARY}) for rows in enrolments]
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
