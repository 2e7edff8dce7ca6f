"""The students: everybody invented, groups as large as the county's, most of them back a year later."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from simulation.words import MINERALS, TREES, ZIP_CODES
from tests.simulation.raw_files import AERIES, LEAS, in_order_of

YEARS = ("2022-23", "2023-24")
Read = Callable[..., pd.DataFrame]


def whole_county(calpads: Read, year: str, record_type: str) -> pd.DataFrame:
    return pd.concat([calpads(lea, year, record_type) for lea in LEAS], ignore_index=True)


def latest(calpads: Read, year: str) -> pd.DataFrame:
    """SINF, the latest record of each student."""
    return in_order_of(whole_county(calpads, year, "SINF"), 9, 4).drop_duplicates(9, keep="last").set_index(9)


def test_names_are_trees_and_minerals(aeries: Read, calpads: Read) -> None:
    trees, minerals = set(TREES), set(MINERALS)
    for year in YEARS:
        people = whole_county(calpads, year, "SINF")
        assert set(people[11]) | set(people[12]) <= trees | {""}
        assert set(people[13]) <= minerals
        assert set(people[39]) <= trees
        assert set(people[40]) <= minerals
        for lea in AERIES:
            students = aeries(lea, year, "STU")
            assert set(students["FN"]) | set(students["MN"]) <= trees | {""}
            assert set(students["LN"]) <= minerals
            assert students["PG"].str.split(" ").map(lambda words: words[0] in trees and words[1] in minerals).all()
        for record_type, fields in {"SENR": (10, 12), "SPRG": (9, 10), "SELA": (8, 9), "STAS": (9, 10)}.items():
            rows = whole_county(calpads, year, record_type)
            assert set(rows[fields[0]]) <= trees, record_type
            assert set(rows[fields[1]]) <= minerals, record_type


def test_addresses_phones_and_numbers_belong_to_nobody(aeries: Read, calpads: Read) -> None:
    students = pd.concat([aeries(lea, year, "STU") for lea in AERIES for year in YEARS])
    assert students["TL"].str.fullmatch(r"\(555\) 555-01\d\d").all()
    assert set(students["ZC"].str[:5]) <= set(ZIP_CODES)
    assert all(int(code) > 99950 for code in ZIP_CODES)
    assert students["AD"].str.split(" ").str[1].isin(MINERALS).all()
    assert students["CID"].str.fullmatch(r"9\d{9}").all()
    people = whole_county(calpads, "2023-24", "SINF")
    assert set(people[35]) <= set(ZIP_CODES)
    assert people[31].str.split(" ").str[1].isin(MINERALS).all()


def test_an_ssid_belongs_to_one_person_in_both_years(calpads: Read) -> None:
    people = pd.concat([whole_county(calpads, year, "SINF") for year in YEARS])
    facts = people.groupby(9)[[11, 13, 18, 19]].nunique()
    assert (facts == 1).all(axis=None)


@pytest.mark.parametrize("year", YEARS)
def test_there_are_about_ten_thousand_students_at_thirty_two_schools(calpads: Read, year: str) -> None:
    enrolled = whole_county(calpads, year, "SENR")
    assert 9_500 <= enrolled[8].nunique() <= 10_500
    assert enrolled[5].nunique() == 32


def test_most_students_are_back_a_year_later_one_grade_up(calpads: Read) -> None:
    spelled = ["TK", "KN", *(f"{grade:02d}" for grade in range(1, 13))]
    before, after = (
        whole_county(calpads, year, "SENR").drop_duplicates(8).set_index(8)[24].map(spelled.index) for year in YEARS
    )
    before = before[before < 13]
    back = after.index.intersection(before.index)
    assert 0.88 < len(back) / len(before) < 0.97
    steps = (after[back] - before[back])[before[back] > 1]
    assert (steps == 1).mean() > 0.97


@pytest.mark.parametrize("year", YEARS)
def test_groups_are_as_large_as_the_countys(calpads: Read, year: str) -> None:
    people = latest(calpads, year)
    programs = whole_county(calpads, year, "SPRG").groupby(13)[7].agg(set)
    learners = in_order_of(whole_county(calpads, year, "SELA"), 14).drop_duplicates(7, keep="first")
    hispanic = people[23] == "Y"

    def alone(prefix: str) -> pd.Series:
        return ~hispanic & people[25].str.startswith(prefix) & (people[26] == "")

    def served(*codes: str) -> pd.Series:
        return people.index.to_series().isin(set().union(*(programs.get(code, set()) for code in codes)))

    poor = served("181", "182", "190", "193", "191", "135") | (people[38] == "14")
    shares = {
        "Hispanic": (hispanic.mean(), 0.61, 0.69),
        "White": (alone("7").mean(), 0.11, 0.16),
        "Asian": (alone("2").mean(), 0.06, 0.10),
        "Black": (alone("6").mean(), 0.055, 0.085),
        "Filipino": (alone("4").mean(), 0.012, 0.032),
        "two or more": ((~hispanic & (people[26] != "")).mean(), 0.02, 0.045),
        "not reported": (((people[24] == "Y") & (people[30] == "Y")).mean(), 0.005, 0.015),
        "disadvantaged": (poor.mean(), 0.69, 0.76),
        "disabilities": (served("144").mean(), 0.13, 0.17),
        "homeless": (served("191").mean(), 0.03, 0.055),
        "foster": (served("190", "193").mean(), 0.005, 0.012),
        "migrant": (served("135").mean(), 0.001, 0.006),
        "English learners": ((learners[13] == "EL").mean(), 0.16, 0.22),
    }
    wrong = {group: share for group, (share, low, high) in shares.items() if not low <= share <= high}
    assert not wrong


def test_programmes_carry_their_own_details(calpads: Read) -> None:
    rows = pd.concat([whole_county(calpads, year, "SPRG") for year in YEARS])
    assert set(rows[13]) == {"181", "182", "185", "135", "144", "190", "191", "193"}
    homeless = rows[13] == "191"
    assert set(rows.loc[homeless, 23]) == {"100", "110", "120", "130"}
    assert (rows.loc[~homeless, 23] == "").all()
    assert (rows.loc[rows[25] == "Y", 24] == "Y").all()
    assert rows.loc[rows[13] == "135", 20].str.fullmatch(r"06\d{9}").all()
    ended = (rows[16] != "") & (rows[16] < rows[15])
    assert not ended.any()


def test_some_learners_become_fluent_within_the_year(calpads: Read) -> None:
    for year, begin, end in (("2022-23", "20230101", "20230630"), ("2023-24", "20240101", "20240630")):
        rows = whole_county(calpads, year, "SELA")
        assert set(rows[13]) == {"EO", "IFEP", "EL", "RFEP"}
        twice = in_order_of(rows[rows.duplicated([4, 7], keep=False)], 4, 7, 14)
        assert twice.groupby([4, 7])[13].agg(list).map(lambda codes: codes == ["EL", "RFEP"]).all()
        fluent = twice[twice[13] == "RFEP"][14]
        assert len(fluent) > 50
        assert fluent.between(begin, end).all()


def test_a_later_record_replaces_an_earlier_one(calpads: Read) -> None:
    rows = whole_county(calpads, "2023-24", "SINF")
    twice = in_order_of(rows[rows.duplicated([6, 9], keep=False)], 6, 9, 4)
    first, second = twice.iloc[::2], twice.iloc[1::2]
    assert len(first) > 50
    assert (first[9].to_numpy() == second[9].to_numpy()).all()
    assert (first[24] == "Y").all()
    assert (first[5].to_numpy() < second[4].to_numpy()).all()
    assert (second[5] == "").all()


def test_schools_have_groups_of_ten_and_fewer(calpads: Read) -> None:
    people = latest(calpads, "2023-24")
    filipino = people[(people[23] == "N") & (people[25] == "400")].groupby(7).size()
    assert filipino.between(1, 10).sum() >= 5


def test_short_term_and_secondary_enrolments_exist(calpads: Read) -> None:
    for year in YEARS:
        rows = whole_county(calpads, year, "SENR")
        assert rows[23].value_counts().drop("10").to_dict() == {"30": 16, "20": 12}
        secondary = rows[rows[23] == "20"]
        assert set(secondary[4]) == {"1999004"}
        reported = whole_county(calpads, year, "STAS").set_index([5, 7]).index
        assert not reported.isin(list(zip(secondary[5], secondary[8], strict=True))).any()
        short = list(zip(rows.loc[rows[23] == "30", 5], rows.loc[rows[23] == "30", 8], strict=True))
        days = whole_county(calpads, year, "STAS").set_index([5, 7])[15]
        assert days[days.index.isin(short)].astype(float).between(1, 30).all()
