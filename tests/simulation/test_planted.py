"""The known dirt is in the files: each case recomputed from what was sent, with plain pandas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.simulation.raw_files import AERIES, LEAS, County, read_table

YEARS = ("2022-23", "2023-24")
ALDER, CEDAR, WILLOW = "1999001", "1999003", "9920104"
Read = Callable[..., pd.DataFrame]


def only(county: County, name: str, where: str = "") -> str:
    """The one student of a planted case."""
    (case,) = [case for case in county.cases(name) if case.where.startswith(where)]
    (ssid,) = case.ssids
    return ssid


def life_of(daily_life: Read, ssid: str, **first: bool) -> pd.DataFrame:
    life = daily_life(ALDER, "2023-24", **first)
    return life[life["CID"] == ssid]


def is_chronic(absent: float, expected: float) -> bool:
    return expected >= 31 and absent < expected and absent * 10 >= expected


def test_a_student_is_absent_exactly_ten_percent(county: County, daily_life: Read, stas: Read) -> None:
    ssid = only(county, "exactly_ten_percent")
    (stay,) = life_of(daily_life, ssid).to_dict("records")
    assert (stay["absent"], stay["expected"]) == (18, 180)
    summary = stas(ALDER, "2023-24").set_index("ssid").loc[ssid]
    assert summary["expected"] - summary["attended"] == 18


@pytest.mark.parametrize(("name", "expected", "absent"), [("thirty", 30, 6), ("thirty_one", 31, 4)])
def test_students_expect_30_and_31_days(
    county: County, daily_life: Read, name: str, expected: int, absent: int
) -> None:
    (stay,) = life_of(daily_life, only(county, f"{name}_days_expected")).to_dict("records")
    assert (stay["expected"], stay["absent"]) == (expected, absent)


def test_a_mover_is_eligible_only_at_the_district(county: County, daily_life: Read) -> None:
    stays = life_of(daily_life, only(county, "eligible_only_at_district"))
    assert stays["SC"].nunique() == 2
    assert (stays["expected"] < 31).all()
    assert is_chronic(stays["absent"].sum(), stays["expected"].sum())


def test_students_of_31_days_and_more_attended_none(county: County, daily_life: Read, stas: Read) -> None:
    (stay,) = life_of(daily_life, only(county, "zero_days_attended", ALDER)).to_dict("records")
    assert stay["absent"] == stay["expected"] == 45
    summary = stas(CEDAR, "2023-24").set_index("ssid").loc[only(county, "zero_days_attended", CEDAR)]
    assert (summary["expected"], summary["attended"]) == (40, 0)


def test_planted_students_are_enrolled_nowhere_else(county: County, calpads: Read) -> None:
    everywhere = pd.concat([calpads(lea, year, "SENR") for lea in LEAS for year in YEARS])
    for name in ("exactly_ten_percent", "thirty_days_expected", "thirty_one_days_expected", "zero_days_attended"):
        for case in county.cases(name):
            assert (everywhere[8] == case.ssids[0]).sum() == 1, name


def test_october_was_sent_twice_and_the_correction_changes_who_is_chronic(county: County, daily_life: Read) -> None:
    folder = county.root / ALDER / "aeries" / "2023-24"
    first, second = (read_table(path) for path in sorted(folder.glob("ATT_202310_*.csv")))
    assert [path.name for path in sorted(folder.glob("ATT_202310_*.csv"))] == [
        "ATT_202310_20231103.csv",
        "ATT_202310_20231110.csv",
    ]
    both = first.merge(second, on=["SC", "SN", "DT", "CD", "AL"], how="outer", indicator=True)["_merge"].value_counts()
    assert (both["right_only"], both["left_only"]) == (40, 25)
    (case,) = county.cases("corrected_resend")
    assert case.students == 65
    ssid = only(county, "chronic_before_the_correction")
    (now,) = life_of(daily_life, ssid).to_dict("records")
    (before,) = life_of(daily_life, ssid, first_sent=True).to_dict("records")
    assert (now["absent"], before["absent"], now["expected"]) == (17, 20, 180)


def test_a_code_stands_in_no_code_table_in_far_less_than_one_percent_of_a_file(county: County, aeries: Read) -> None:
    known = set(zip(*aeries(ALDER, "2023-24", "ABS")[["SC", "CD"]].to_numpy().T, strict=True))
    unmapped: dict[str, tuple[int, float]] = {}
    for path in sorted(county.root.glob("*/aeries/*/ATT_*.csv")):
        rows = read_table(path)
        if ALDER in path.parts and path.parent.name == "2023-24":
            columns = ["AL", *(f"A{period}" for period in range(10))]
            codes = rows.melt(id_vars=["SC"], value_vars=columns).query("value != ''")
            strange = [pair for pair in zip(codes["SC"], codes["value"], strict=True) if pair not in known]
            if strange:
                assert set(strange) == {("103", "Z")}
                unmapped[path.name] = (len(strange), len(strange) / len(rows))
        else:
            assert not (rows.filter(regex="^A[L0-9]$") == "Z").any(axis=None)
    assert list(unmapped) == ["ATT_202402_20240303.csv"]
    (count, share) = unmapped["ATT_202402_20240303.csv"]
    assert count == 12
    assert share < 0.005
    (case,) = [case for case in county.cases("unmapped_code") if case.where.startswith(ALDER)]
    assert len(set(case.ssids)) <= 12


@pytest.mark.parametrize("year", YEARS)
def test_willow_enrolls_students_and_submits_nothing(
    county: County, aeries: Read, attendance: Read, calpads: Read, year: str
) -> None:
    enrolled = aeries("1999002", year, "ENR").query("SC == '14'")
    assert len(enrolled) > 200
    assert (calpads("1999002", year, "SENR")[5] == WILLOW).sum() == len(enrolled)
    assert (aeries("1999002", year, "DAY")["SC"] == "14").sum() > 180
    assert not (attendance("1999002", year)["SC"] == "14").any()
    assert not (calpads("1999002", year, "STAS")[5] == WILLOW).any()
    (case,) = county.cases("never_submits", year)
    assert case.students == len(enrolled)


@pytest.mark.parametrize("year", YEARS)
def test_no_shows_leave_on_the_day_they_enter(
    county: County, aeries: Read, attendance: Read, calpads: Read, year: str
) -> None:
    found = 0
    for lea in LEAS:
        rows = calpads(lea, year, "SENR").query("`26` == 'N470'")
        found += len(rows)
        assert (rows[22] == rows[25]).all()
        summarised = set(zip(*calpads(lea, year, "STAS")[[5, 7]].to_numpy().T, strict=True))
        assert not summarised & set(zip(*rows[[5, 8]].to_numpy().T, strict=True))
    for lea in AERIES:
        rows = aeries(lea, year, "ENR").query("ER == 'N470'")
        assert (rows["ED"] == rows["LD"]).all()
        coded = attendance(lea, year).query("CD == ''").merge(rows, on=["SC", "SN"])
        assert coded.empty
    assert found == sum(case.students for case in county.cases("no_show", year)) == 14


def stays(calpads: Read, year: str) -> pd.DataFrame:
    """Primary stays of the whole county by student and start, each beside the one before it."""
    rows = pd.concat([calpads(lea, year, "SENR") for lea in LEAS]).rename(
        columns={4: "lea", 5: "school", 8: "ssid", 22: "start", 23: "status", 25: "end", 26: "reason"}
    )
    rows = rows[rows["status"] != "20"].sort_values(["ssid", "start"])
    return rows.assign(
        before_lea=rows.groupby("ssid")["lea"].shift(),
        before_school=rows.groupby("ssid")["school"].shift(),
        before_end=rows.groupby("ssid")["end"].shift(),
    )


@pytest.mark.parametrize("year", YEARS)
def test_movers_are_as_many_as_reported(county: County, calpads: Read, year: str) -> None:
    moves = stays(calpads, year).dropna(subset="before_lea")
    returns = moves[moves["school"] == moves["before_school"]]
    within = moves[(moves["lea"] == moves["before_lea"]) & (moves["school"] != moves["before_school"])]
    overlapping = within[within["start"] <= within["before_end"]]
    figures = 1 if year == "2023-24" else 0
    counted = {
        "mover_within_district": len(within) - len(overlapping) - figures,
        "mover_between_districts": len(moves) - len(within) - len(returns),
        "returns": len(returns),
        "overlapping_stints": len(overlapping),
    }
    for name, count in counted.items():
        assert count == sum(case.students for case in county.cases(name, year)), name
    assert counted == {
        "mover_within_district": 120,
        "mover_between_districts": 80,
        "returns": 30,
        "overlapping_stints": 6,
    }


@pytest.mark.parametrize("year", YEARS)
def test_overlaps_are_at_schools_with_daily_attendance_and_some_were_marked_absent(
    county: County, aeries: Read, attendance: Read, year: str
) -> None:
    marked = 0
    for lea in AERIES:
        stints = aeries(lea, year, "ENR").sort_values(["ID", "ED"])
        later = stints.groupby("ID")["ED"].shift(-1)
        late = stints.assign(later=later)[(later <= stints["LD"]) & later.notna()]
        ssids = aeries(lea, year, "STU").set_index(["SC", "SN"]).loc[list(zip(late["SC"], late["SN"], strict=True))]
        reported = [
            ssid for case in county.cases("overlapping_stints", year) for ssid in case.ssids if lea in case.where
        ]
        assert sorted(ssids["CID"]) == sorted(reported)
        rows = attendance(lea, year).query("CD == ''").merge(late, on=["SC", "SN"])
        marked += rows[rows["DT"] >= rows["later"]]["ID"].nunique()
    assert marked == 3


@pytest.mark.parametrize("year", YEARS)
def test_exempt_students_have_a_record_without_days(county: County, calpads: Read, year: str) -> None:
    exempt = {ssid for case in county.cases("exempt", year) for ssid in case.ssids}
    assert len(exempt) == 8
    found = {ssid for lea in LEAS for ssid in calpads(lea, year, "STAS").query("`13` == 'Y'")[7]}
    willow = set(calpads("1999002", year, "SENR").query(f"`5` == '{WILLOW}'")[8])
    assert found == exempt - willow
    assert len(found) >= 5


def test_tk_is_a_grade_from_2023_24_on_and_a_programme_before(county: County, calpads: Read, aeries: Read) -> None:
    def students(year: str) -> set[str]:
        return {ssid for case in county.cases("transitional_kindergarten", year) for ssid in case.ssids}

    earlier = pd.concat([calpads(lea, "2022-23", "SPRG") for lea in LEAS])
    assert set(earlier.loc[earlier[13] == "185", 7]) == students("2022-23")
    grades = pd.concat([calpads(lea, "2022-23", "SENR") for lea in LEAS])
    assert set(grades.loc[grades[8].isin(students("2022-23")), 24]) == {"KN"}
    later = pd.concat([calpads(lea, "2023-24", "SENR") for lea in LEAS])
    assert set(later.loc[later[24] == "TK", 8]) == students("2023-24")
    assert not (pd.concat([calpads(lea, "2023-24", "SPRG") for lea in LEAS])[13] == "185").any()
    assert len(students("2023-24")) > len(students("2022-23")) > 200
    assert (aeries(ALDER, "2023-24", "STU")["GR"] == "-1").any()
    assert not (aeries(ALDER, "2022-23", "STU")["GR"] == "-1").any()


def test_every_required_case_is_reported(county: County) -> None:
    assert {case.name for case in county.report.planted} == {
        "dip",
        "summary_counts_partial_days",
        "summary_left_out",
        "summary_miscounted",
        "exactly_ten_percent",
        "thirty_days_expected",
        "thirty_one_days_expected",
        "eligible_only_at_district",
        "zero_days_attended",
        "chronic_before_the_correction",
        "mover_within_district",
        "mover_between_districts",
        "overlapping_stints",
        "no_show",
        "exempt",
        "transitional_kindergarten",
        "never_submits",
        "unmapped_code",
        "corrected_resend",
        "returns",
        # of PowerSchool's own kind
        "exclusive_exit_date",
        "reenrollments",
        # of Infinite Campus' own kind
        "no_show_by_flag",
        "state_exclude",
        "service_type_n",
        "non_instructional_period",
        "all_but_one_period",
        # of Synergy's own kind
        "morning_only",
        "afternoon_only",
        "two_reasons",
        "exclude_ada_adm",
    }


def test_the_printed_report_names_no_student(county: County) -> None:
    printed = repr(county.report)
    ssids = {ssid for case in county.report.planted for ssid in case.ssids}
    assert len(ssids) > 500
    assert not [ssid for ssid in ssids if ssid in printed]
    assert Path(county.report.out) == county.root
