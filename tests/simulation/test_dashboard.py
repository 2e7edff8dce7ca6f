"""The state's Dashboard of the invented schools: counts from the files that districts sent, judged by CDE's tables."""

from __future__ import annotations

import csv
from collections.abc import Callable

import pandas as pd
import pytest

from attendance.settings import PROJECT, read_settings
from ingestion.registry import Registry
from simulation.dashboard import COLORS, Count, change_in_tenths, figures
from tests.simulation.raw_files import LEAS, County

MISSED = ["oss", "excused", "unexcused", "no_study"]
CHARTER = "9910105"
THROUGH_8 = {"TK", "KN", *(f"{grade:02d}" for grade in range(1, 9))}


@pytest.fixture(scope="module")
def dashboard(county: County) -> pd.DataFrame:
    """The rows of all years that are told, which is one."""
    paths = sorted(county.root.glob("19/cde/chronicdownload*.txt"))
    return pd.concat([pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False) for path in paths])


@pytest.fixture(scope="module")
def counted(
    calpads: Callable[[str, str, str], pd.DataFrame], stas: Callable[[str, str], pd.DataFrame]
) -> dict[str, tuple[int, int]]:
    """Students through grade 8 and the chronically absent of them, by CDS code, as the absence summaries say."""
    found = {}
    for lea in LEAS:
        days = stas(lea, "2022-23")
        days = days.assign(absent=days[MISSED].sum(axis=1))
        enrolled = calpads(lea, "2022-23", "SENR").rename(columns={5: "school", 8: "ssid", 22: "since", 24: "grade"})
        last = enrolled.sort_values("since").drop_duplicates("ssid", keep="last").set_index("ssid")
        days = days[days["ssid"].map(last["grade"]).isin(THROUGH_8)]
        at_charter = days["ssid"].map(last["school"]) == CHARTER
        parts = {f"{lea}0000000": days[~at_charter]}
        parts |= {f"{lea}{school}": rows for school, rows in days.groupby("school")}
        for code, rows in parts.items():
            totals = rows.groupby("ssid")[["expected", "absent"]].sum()
            eligible = totals[(totals["expected"] >= 31) & (totals["absent"] < totals["expected"])]
            found[code] = (len(eligible), int((eligible["absent"] * 10 >= eligible["expected"]).sum()))
    return found


def test_all_students_of_districts_and_schools_are_those_of_the_absence_summaries(
    dashboard: pd.DataFrame, counted: dict[str, tuple[int, int]]
) -> None:
    rows = dashboard[dashboard["studentgroup"] == "ALL"].set_index("cds")
    told = {str(code): (int(rows.loc[code, "currdenom"]), int(rows.loc[code, "currnumer"])) for code in rows.index}
    assert set(told) == {code for code, (students, _) in counted.items() if students}
    assert len(told) > 30
    # days after a move that nobody entered are a school's too
    for code, (students, chronic) in told.items():
        assert abs(students - counted[code][0]) <= 2, code
        assert abs(chronic - counted[code][1]) <= 2, code


def test_only_districts_and_schools_of_a_year_that_is_over_are_told(
    dashboard: pd.DataFrame, registry: Registry
) -> None:
    assert set(dashboard["reportingyear"]) == {"2023"}
    assert set(dashboard["rtype"]) == {"D", "S"}
    assert set(dashboard["countyname"]) == {registry.county.name.removesuffix(" County")}
    assert set(dashboard.loc[dashboard["charter_flag"] == "Y", "cds"]) == {f"1999001{CHARTER}"}
    assert not dashboard.duplicated(["cds", "studentgroup"]).any()
    # nobody at the continuation school, and no attendance of Willow
    assert not dashboard["cds"].str.endswith(("9910401", "9920104")).any()


def test_groups_are_parts_of_all_students_and_every_color_is_found(dashboard: pd.DataFrame) -> None:
    students = dashboard.astype({"currdenom": int}).pivot_table("currdenom", "cds", "studentgroup", fill_value=0)
    races = students[["AA", "AI", "AS", "FI", "HI", "PI", "MR", "WH"]].sum(axis=1)
    assert (races <= students["ALL"]).all()
    assert (races >= 0.95 * students["ALL"]).all()
    assert (students[["EL", "SED", "SWD", "FOS", "HOM"]].max(axis=1) <= students["ALL"]).all()
    assert set(dashboard["color"]) == set("012345")


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        # hidden below eleven students, in both years
        (Count(10, 3), Count(11, 3), {"currnumer": "", "currstatus": "", "change": "", "statuslevel": "0"}),
        (Count(11, 3), Count(10, 3), {"currnumer": "3", "currstatus": "27.3", "priornumer": "", "change": ""}),
        # the rate half up, the change from the unrounded rates and half away from zero
        (Count(400, 11), Count(400, 86), {"currstatus": "2.8", "priorstatus": "21.5", "change": "-18.8"}),
        (
            Count(400, 10),
            Count(400, 10),
            {"currstatus": "2.5", "change": "0.0", "statuslevel": "5", "changeLevel": "3"},
        ),
        # of few students what is significant counts as plain, and no color below thirty
        (Count(149, 30), Count(200, 10), {"changeLevel": "2", "smalldenom": "Y", "color": "1"}),
        (Count(150, 30), Count(200, 10), {"changeLevel": "1", "smalldenom": "", "color": "1"}),
        (Count(30, 3), Count(30, 2), {"color": "2", "box": "120", "accountabilitymet": "Y"}),
        (Count(29, 3), Count(30, 2), {"color": "0", "box": "0", "currnsizemet": "N", "accountabilitymet": "N"}),
    ],
)
def test_a_row_is_told_as_the_state_tells_it(now: Count, before: Count, told: dict[str, str]) -> None:
    found = figures("ALL", now, before, is_lea=False)
    assert {name: found[name] for name in told} == told


def test_fewer_foster_and_homeless_students_of_an_lea_are_enough_for_a_color() -> None:
    for group, is_lea, students, color in (
        ("FOS", True, 15, "2"),
        ("FOS", True, 14, "0"),
        ("FOS", False, 15, "0"),
        ("SED", True, 15, "0"),
    ):
        now, before = Count(students, 3), Count(students, 3)
        assert figures(group, now, before, is_lea=is_lea)["color"] == color, (group, is_lea, students)


def test_the_colors_are_those_of_the_five_by_five_table() -> None:
    with (PROJECT / "seeds" / "dashboard_colors.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {(row["status_level"], row["change_level"]): row["color_level"] for row in rows} == {
        (str(status), str(change)): color for status, colors in COLORS.items() for change, color in enumerate(colors, 1)
    }


def test_the_year_before_the_first_one_was_worse_at_most_schools(dashboard: pd.DataFrame) -> None:
    rows = dashboard[(dashboard["studentgroup"] == "ALL") & (dashboard["rtype"] == "S")]
    change = pd.to_numeric(rows["change"])
    assert 0.6 < (change < 0).mean() < 1
    assert -8 < change.median() < -1
    assert change_in_tenths(Count(100, 10), Count(100, 12)) == -20


def test_the_states_own_file_of_2018_comes_out_of_its_counts() -> None:
    path = read_settings().public / "cde" / "dashboard_chro_2018_monterey.parquet"
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    rows = pd.read_parquet(path).astype(object)
    rows = rows.where(rows.notna(), "").astype(str)
    judged = ["currstatus", "priorstatus", "change", "statuslevel", "changelevel", "color", "box"]
    wrong = []
    for row in rows.to_dict("records"):
        counts = [Count(int(row[f"{when}denom"]), int(float(row[f"{when}numer"] or 0))) for when in ("curr", "prior")]
        found = figures(row["studentgroup"], *counts, is_lea=row["rtype"] == "D")
        found["changelevel"] = found.pop("changeLevel")
        if any(float(found[name] or -1e3) != float(row[name] or -1e3) for name in judged):
            wrong.append((row["cds"], row["studentgroup"]))
    assert len(rows) == 1_876
    assert not wrong
