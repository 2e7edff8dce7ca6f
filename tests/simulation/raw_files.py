"""The simulated county's files, read back with plain pandas.

Nothing here uses the simulation's own writers or tables of codes: what the tests know is what stands in the files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from attendance.settings import Settings
from ingestion.ledger import Record
from ingestion.load import load_landed
from ingestion.pull import pull_new_files
from ingestion.registry import Registry, School
from simulation.county import SimulationReport
from simulation.planted import PlantedCase

# The simulated districts by what they send beside CALPADS.
AERIES, OTHERS = ("1999001", "1999002"), ("1999003", "1999004")
SYSTEMS = {
    "powerschool": ("1999005", "1999006"),
    "infinite_campus": ("1999007", "1999008"),
    "synergy": ("1999009", "1999010"),
}
LEAS = (*AERIES, *OTHERS, *(lea for leas in SYSTEMS.values() for lea in leas))
PERIODS = [f"A{period}" for period in range(1, 7)]
KINDS = ["excused", "unexcused", "oss", "iss", "study", "no_study", "unmapped"]
ABSENT = ["excused", "unexcused", "oss", "no_study"]
# On a day absent in every period with several codes, the first of these that occurs is the day's.
PRIORITY = ["oss", "no_study", "unexcused", "excused"]
STAS_DAYS = ["expected", "attended", "oss", "iss", "excused", "unexcused", "no_study", "study"]


@dataclass(frozen=True)
class County:
    """A simulated county: what the run reported, where the files and the truth lie."""

    report: SimulationReport
    root: Path
    truth: Path

    def cases(self, name: str, year: str | None = None) -> list[PlantedCase]:
        """The planted cases of a name, of one school year where it is given."""
        return [case for case in self.report.planted if case.name == name and case.where.endswith(year or "")]


def read_table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def read_aeries(root: Path, lea: str, year: str, table: str) -> pd.DataFrame:
    """The one file of a table that is sent once a year."""
    (path,) = (root / lea / "aeries" / year).glob(f"{table}_*.csv")
    return read_table(path)


def read_attendance(root: Path, lea: str, year: str, *, first_sent: bool = False) -> pd.DataFrame:
    """ATT of a year: of a month that was sent twice the last delivery counts, or the first where asked for."""
    files = sorted((root / lea / "aeries" / year).glob("ATT_*.csv"), key=lambda path: path.stem[-8:])
    by_month = {path.stem[4:10]: path for path in (reversed(files) if first_sent else files)}
    return pd.concat([read_table(path) for path in by_month.values()], ignore_index=True)


def read_sis(root: Path, lea: str, year: str, table: str) -> pd.DataFrame:
    """A table of PowerSchool, Infinite Campus or Synergy that is sent once a year, or all months of one that is not."""
    (system,) = [system for system, leas in SYSTEMS.items() if lea in leas]
    paths = sorted((root / lea / system / year).glob(f"{table}_[0-9]*.csv"))
    return pd.concat([read_table(path) for path in paths], ignore_index=True)


def read_calpads(root: Path, lea: str, year: str, record_type: str) -> pd.DataFrame:
    """A CALPADS file; columns are numbered from 1, as in the file specifications."""
    (path,) = (root / lea / "calpads").glob(f"{year}_{record_type}_*.txt")
    rows = [line.split("^") for line in path.read_text(encoding="utf-8").splitlines()]
    return pd.DataFrame(rows, columns=range(1, len(rows[0]) + 1))


def read_stas(root: Path, lea: str, year: str) -> pd.DataFrame:
    """STAS of students whose attendance is collected, with days as numbers."""
    names = {5: "school", 7: "ssid", 13: "exempt", **dict(zip(range(15, 23), STAS_DAYS, strict=True))}
    rows = read_calpads(root, lea, year, "STAS").rename(columns=names)
    rows = rows[rows["exempt"] == "N"].copy()
    rows[STAS_DAYS] = rows[STAS_DAYS].astype(float)
    return rows


def meanings_of(codes: pd.DataFrame) -> dict[tuple[str, str], str]:
    """What a letter means at a school: by flags first, then by type."""
    meaning = codes["TY"].map({"1": "unexcused", "2": "excused", "3": "unexcused"}).fillna("present")
    meaning = meaning.mask((codes["SU"] == "Y") & (codes["AD"] == "Y"), "iss")
    meaning = meaning.mask((codes["SU"] == "Y") & (codes["AD"] == "N"), "oss")
    meaning = meaning.mask(codes["IS"] == "C", "study").mask(codes["IS"] == "I", "no_study")
    return dict(zip(zip(codes["SC"], codes["CD"], strict=True), meaning, strict=True))


def _day_kinds(attendance: pd.DataFrame, meanings: dict[tuple[str, str], str]) -> pd.Series:
    """What each row of ATT says about its day: an absence only if the whole day is one."""

    def meaning(column: str) -> pd.Series:
        pairs = pd.Series(list(zip(attendance["SC"], attendance[column], strict=True)), index=attendance.index)
        return pairs.map(meanings).fillna("unmapped").mask(attendance[column] == "", "")

    all_day, periods = meaning("AL"), pd.DataFrame({period: meaning(period) for period in PERIODS})
    every_period = periods.isin(ABSENT).all(axis=1)
    mixed = pd.Series("", index=attendance.index)
    for kind in reversed(PRIORITY):
        mixed = mixed.mask(every_period & (periods == kind).any(axis=1), kind)
    return all_day.where(all_day != "", mixed)


def recompute_daily_life(root: Path, lea: str, year: str, *, first_sent: bool = False) -> pd.DataFrame:
    """One row per stint of a district on Aeries, from STU, ENR, DAY, ABS and ATT: days by kind, expected, absent."""
    days = read_aeries(root, lea, year, "DAY")
    days = days[days["HO"] == ""]
    stints = read_aeries(root, lea, year, "ENR").merge(
        read_aeries(root, lea, year, "STU")[["SC", "SN", "CID"]], on=["SC", "SN"]
    )
    stints = stints[stints["ER"] != "N470"]
    stints["LD"] = stints["LD"].where(stints["LD"] != "", stints["SC"].map(days.groupby("SC")["DT"].max()))
    within = stints.merge(days[["SC", "DT"]], on="SC")
    within = within[(within["DT"] >= within["ED"]) & (within["DT"] <= within["LD"])]
    attendance = read_attendance(root, lea, year, first_sent=first_sent)
    attendance = attendance[attendance["CD"] == ""]
    attendance["kind"] = _day_kinds(attendance, meanings_of(read_aeries(root, lea, year, "ABS")))
    daily = within.merge(attendance[["SC", "SN", "DT", "kind"]], on=["SC", "SN", "DT"], how="left")
    marks = pd.DataFrame({kind: daily["kind"] == kind for kind in KINDS}).assign(expected=True).astype(int)
    counts = marks.groupby([daily[column] for column in ("SC", "SN", "CID", "ED", "LD")], sort=False).sum()
    return counts.assign(absent=counts[ABSENT].sum(axis=1)).reset_index()


def in_order_of(rows: pd.DataFrame, *fields: int) -> pd.DataFrame:
    """CALPADS rows by some of their fields; pandas takes numbers as names of columns, its type stubs do not."""
    unchecked: Any = rows
    ordered: pd.DataFrame = unchecked.sort_values(list(fields))
    return ordered


def schools_of(registry: Registry, lea: str) -> tuple[School, ...]:
    """The schools of a district in the registry."""
    (found,) = [each for each in registry.leas if each.code == lea]
    return found.schools


def load_of(county: County, registry: Registry, home: Path, sender: str, kind: str) -> tuple[Record, ...]:
    """Load for real what a sender sent of a kind, into a home of its own."""
    settings = Settings(home=home, config=home / "config", extracts=county.root, public=home / "public")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTENDANCE_SECRET", "an invented key, only for tests")
        return tuple(load_landed(settings, registry, pull_new_files(settings, registry, sender, kind)))
