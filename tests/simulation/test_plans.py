"""The example county's goals: each status is found in them, and what they are held against stands in the files."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pandas as pd
import pytest

from ingestion.registry import Registry
from simulation.places import places_of
from simulation.plans import ATTENDED, goals_of
from simulation.world import simulate_world
from tests.simulation.raw_files import County, load_of, read_table

YEARS = ("2022-23", "2023-24")
SENDERS = ("1999001", "1999002", "1999003", "1999007")
WILLOW = "9920104"
MISSED = ["oss", "excused", "unexcused", "no_study"]


@pytest.fixture(scope="module")
def goals(county: County) -> pd.DataFrame:
    """All goals that are sent, with figures as numbers."""
    rows = pd.concat([read_table(path) for path in sorted(county.root.glob("*/goals/*"))], ignore_index=True)
    return rows.assign(
        before=pd.to_numeric(rows["baseline_value"]),
        target=pd.to_numeric(rows["target_value"]),
        place=rows["school_code"].where(rows["school_code"] != "", rows["lea_code"]),
    )


@pytest.fixture(scope="module")
def rates(stas: Callable[[str, str], pd.DataFrame]) -> pd.DataFrame:
    """Percent of students chronically absent in each year by district and school, as the absence summaries say."""

    @cache
    def days(lea: str, year: str) -> pd.DataFrame:
        rows = stas(lea, year)
        return rows.assign(absent=rows[MISSED].sum(axis=1), lea=lea)[["lea", "school", "ssid", "expected", "absent"]]

    found: dict[tuple[str, str], float] = {}
    for year in YEARS:
        rows = pd.concat([days(lea, year) for lea in SENDERS])
        for place in ("lea", "school"):
            totals = rows.groupby([place, "ssid"])[["expected", "absent"]].sum().reset_index()
            eligible = totals[(totals["expected"] >= 31) & (totals["absent"] < totals["expected"])]
            chronic = eligible["absent"] * 10 >= eligible["expected"]
            found |= {(year, str(code)): 100 * rate for code, rate in chronic.groupby(eligible[place]).mean().items()}
    return pd.Series(found).rename_axis(["year", "place"]).rename("rate").reset_index()


def of_everybody(goals: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """The goals for the rate of all students, beside it in the baseline's year and in the last one."""
    rows = goals[(goals["measure_code"] == "chronic_absence_rate") & (goals["reporting_category"] == "TA")]
    for name, year in (("then", "baseline_school_year"), ("now", "last_year")):
        known = rates.rename(columns={"year": year, "rate": name})
        rows = rows.assign(last_year=YEARS[-1]).merge(known, on=[year, "place"], how="left")
    return rows[rows["baseline_school_year"] == YEARS[0]]


def test_a_baseline_is_what_the_year_before_came_to(goals: pd.DataFrame, rates: pd.DataFrame) -> None:
    rows = of_everybody(goals, rates)
    assert len(rows[rows["school_code"] == ""]) == 3 * len(SENDERS)
    assert len(rows[rows["school_code"] != ""]) > 15
    assert ((rows["before"] - rows["then"]).abs() <= 0.5).all()


def test_targets_of_the_last_year_are_met_by_some_and_missed_by_others_and_none_is_at_the_edge(
    goals: pd.DataFrame, rates: pd.DataFrame
) -> None:
    rows = of_everybody(goals, rates)
    rows = rows[rows["school_year"] == YEARS[-1]]
    for part in (rows[rows["school_code"] == ""], rows[rows["school_code"] != ""]):
        is_met = part["now"] <= part["target"]
        assert is_met.sum() >= 2
        assert (~is_met).sum() >= 2
    assert ((rows["now"] - rows["target"]).abs() > 0.3).all()


def test_a_plan_of_three_years_is_a_straight_line_that_some_keep_up_with(
    goals: pd.DataFrame, rates: pd.DataFrame
) -> None:
    rows = of_everybody(goals, rates)
    paths = rows[rows["goal_kind"] == "lcap"].pivot_table("target", "lea_code", "school_year")
    assert list(paths) == ["2023-24", "2024-25", "2025-26"]
    assert len(paths) == len(SENDERS)
    steps = paths.diff(axis=1).dropna(axis=1)
    assert ((steps["2024-25"] - steps["2025-26"]).abs() < 0.25).all()
    ends = rows[(rows["goal_kind"] == "lcap") & (rows["school_year"] == "2025-26")]
    gone = (ends["now"] - ends["before"]) / (ends["target"] - ends["before"])
    # a year of three is over
    assert (gone >= 0.4).sum() >= 2
    assert (gone <= 0.27).sum() >= 2
    assert not gone.between(0.27, 0.4).any()


def test_goals_are_set_for_groups_and_in_several_plans_and_measures(goals: pd.DataFrame) -> None:
    assert set(goals["lea_code"]) == set(SENDERS)
    assert set(goals["goal_kind"]) == {"lcap", "smartie", "spsa"}
    assert set(goals["reporting_category"]) == {"TA", "SE", "SS", "SD", "SF", "SH"}
    assert {"severe_absence_rate", "attendance_rate", "average_days_absent"} < set(goals["measure_code"])
    assert (goals["school_code"] != "").sum() > 100
    attended = goals[goals["measure_code"] == "attendance_rate"]
    assert (attended["target"] > attended["before"]).all()
    falls = ~goals["measure_code"].isin(["attendance_rate", "school_connectedness"])
    assert (goals["target"] < goals["before"])[falls & goals["before"].notna()].all()


def test_some_goals_have_nothing_to_be_held_against_and_some_no_baseline(goals: pd.DataFrame) -> None:
    suspended = goals[goals["measure_code"] == "suspension_rate"]
    assert set(suspended["lea_code"]) == set(SENDERS)
    silent = goals[goals["school_code"] == WILLOW]
    assert list(silent["school_year"]) == list(YEARS)
    assert silent["before"].isna().all()
    connected = goals[goals["measure_code"] == "school_connectedness"]
    assert connected["before"].isna().all()
    assert set(connected["lea_code"]) == set(SENDERS)


def test_every_status_is_found_in_another_county_of_another_size_too(registry: Registry) -> None:
    (alder,) = [lea for lea in registry.leas if lea.code == "1999001"]
    world = simulate_world(places_of(registry, 5_000), 3, YEARS, lambda _message: None)
    found = set()
    for index in range(2):
        for goal in goals_of(world, alder, index, 3):
            if goal.before is not None and goal.measure != "suspension_rate":
                asked = (goal.target - goal.before) / (100 - goal.before if goal.measure == ATTENDED else goal.before)
                found.add((goal.school_year, goal.school != "", abs(asked) > 0.18))
    # near targets, which are met, and far ones, which are not
    assert {(year, school, far) for year in YEARS for school in (False, True) for far in (False, True)} <= found
    assert {(year, False, far) for year in ("2024-25", "2025-26") for far in (False, True)} <= found


def test_every_goal_is_loaded(county: County, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> None:
    for lea in SENDERS:
        records = [
            record
            for record in load_of(county, registry, tmp_path_factory.mktemp("home"), lea, "interventions")
            if record.source == "goals"
        ]
        assert [(record.outcome, record.rows_rejected) for record in records] == [("loaded", 0)], lea
