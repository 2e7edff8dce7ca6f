"""What the files say about each student's days agrees: ATT, STAS and what truly happened."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from ingestion.registry import Registry
from tests.simulation.raw_files import (
    ABSENT,
    AERIES,
    LEAS,
    OTHERS,
    PERIODS,
    STAS_DAYS,
    County,
    meanings_of,
    schools_of,
)

Read = Callable[..., pd.DataFrame]
YEARS = ("2022-23", "2023-24")
HOURLY, WILLOW = "9910401", "9920104"
STATES = {
    "excused": ["excused"],
    "unexcused": ["unexcused", "unverified"],
    "oss": ["out_of_school_suspension"],
    "iss": ["in_school_suspension"],
    "study": ["independent_study"],
    "no_study": ["incomplete_independent_study"],
    "unmapped": ["unmapped"],
}


def by_school(life: pd.DataFrame, registry: Registry, lea: str) -> pd.DataFrame:
    """Days of each student at each school, added up over stays."""
    codes = {str(school.number): school.code for school in schools_of(registry, lea)}
    return (
        life.assign(school=life["SC"].map(codes), ssid=life["CID"]).groupby(["school", "ssid"]).sum(numeric_only=True)
    )


@pytest.mark.parametrize("lea", LEAS)
@pytest.mark.parametrize("year", YEARS)
def test_expected_days_are_the_sum_of_the_days_of_each_kind(calpads: Read, lea: str, year: str) -> None:
    rows = calpads(lea, year, "STAS")
    days = rows.loc[rows[13] == "N", list(range(15, 23))].astype(float)
    assert (days[15] == days[list(range(16, 23))].sum(axis=1)).all()
    assert (days >= 0).all(axis=None)
    assert (days[15] <= 180).all()
    assert (rows.loc[rows[13] == "Y", list(range(15, 23))] == "").all(axis=None)


@pytest.mark.parametrize("lea", AERIES)
@pytest.mark.parametrize("year", YEARS)
def test_stas_tells_the_same_days_as_the_daily_attendance(
    daily_life: Read, stas: Read, registry: Registry, lea: str, year: str
) -> None:
    daily = by_school(daily_life(lea, year), registry, lea)
    summary = stas(lea, year).set_index(["school", "ssid"])
    assert set(summary.index) <= set(daily.index)
    kinds = ["expected", "excused", "unexcused", "oss", "iss", "study", "no_study"]
    hourly = summary.index.get_level_values("school") == HOURLY
    difference = (daily.loc[summary.index, kinds] - summary[kinds]).abs()
    assert (difference[~hourly] == 0).all(axis=None)
    assert (difference[hourly] < 1).all(axis=None)
    fractional = summary[STAS_DAYS] % 1 != 0
    assert fractional[hourly].any(axis=None) == (lea == "1999001")
    assert not fractional[~hourly].any(axis=None)


def test_the_hourly_school_is_marked_as_one(calpads: Read) -> None:
    for lea in LEAS:
        rows = calpads(lea, "2023-24", "STAS")
        assert ((rows[14] == "Y") == (rows[5] == HOURLY)).all()


@pytest.mark.parametrize("year", YEARS)
def test_the_truth_is_what_the_files_say(
    county: County,
    daily_life: Read,
    stas: Read,
    registry: Registry,
    year: str,
) -> None:
    truth = pd.read_parquet(county.truth)
    truth = truth[(truth["school_year"] == year) & ~truth["is_exempt"]]
    kinds = {kind: truth["state"].isin(states).astype(int) for kind, states in STATES.items()}
    keys = [truth["school_code"].astype(str), truth["ssid"].astype(str)]
    true = pd.DataFrame(kinds).assign(expected=1).groupby(keys).sum()
    assert (true["expected"] <= 180).all()
    for lea in AERIES:
        daily = by_school(daily_life(lea, year), registry, lea)
        known = true.index.intersection(daily.index)
        known = known[known.get_level_values(0) != WILLOW]
        assert len(known) > 1000
        columns = [*STATES, "expected"]
        assert (daily.loc[known, columns] == true.loc[known, columns]).all(axis=None)
    for lea in OTHERS:
        summary = stas(lea, year).set_index(["school", "ssid"])
        columns = ["expected", *ABSENT, "iss", "study"]
        assert (summary[columns] == true.loc[summary.index, columns]).all(axis=None)


@pytest.mark.parametrize("lea", AERIES)
@pytest.mark.parametrize("year", YEARS)
def test_every_school_that_submits_has_a_code_on_its_last_day(
    aeries: Read, attendance: Read, lea: str, year: str
) -> None:
    last_day = aeries(lea, year, "DAY").query("HO == ''").groupby("SC")["DT"].max()
    rows = attendance(lea, year)
    last_code = rows[rows["CD"] == ""].groupby("SC")["DT"].max()
    assert (last_code == last_day.loc[last_code.index]).all()
    assert len(last_code) == {"1999001": 8, "1999002": 4}[lea]


@pytest.mark.parametrize("lea", AERIES)
def test_some_days_are_partial_and_some_are_absent_with_several_codes(aeries: Read, attendance: Read, lea: str) -> None:
    rows = attendance(lea, "2023-24")
    rows = rows[(rows[PERIODS] != "").any(axis=1)]
    meanings = meanings_of(aeries(lea, "2023-24", "ABS"))
    said = pd.DataFrame(
        {period: [meanings.get(pair) for pair in zip(rows["SC"], rows[period], strict=True)] for period in PERIODS}
    )
    absent_all_day = said.isin(ABSENT).all(axis=1)
    absent_in_part = said.isin(ABSENT).any(axis=1) & ~absent_all_day
    several_codes = absent_all_day & (rows["AL"] == "").to_numpy()
    assert several_codes.sum() > 100
    assert (absent_in_part & said.isna().any(axis=1)).sum() > 500
    assert (absent_in_part & said.notna().all(axis=1)).sum() > 50
