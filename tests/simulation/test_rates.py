"""The county looks like the published one: how many are chronically absent, where, and what helps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tests.simulation.raw_files import ABSENT, LEAS, County, in_order_of, read_table

YEARS = ("2022-23", "2023-24")
Read = Callable[..., pd.DataFrame]


def students(stas: Read, year: str, by: str = "ssid") -> pd.DataFrame:
    """Eligible students of the whole county (or of each school) by STAS, and whether they are chronically absent."""
    rows = pd.concat([stas(lea, year) for lea in LEAS])
    rows["absent"] = rows[ABSENT].sum(axis=1)
    keys = ["ssid"] if by == "ssid" else [by, "ssid"]
    summed = rows.groupby(keys)[["expected", "absent", "attended"]].sum().reset_index()
    summed = summed[(summed["expected"] >= 31) & (summed["absent"] < summed["expected"])]
    return summed.assign(chronic=summed["absent"] * 10 >= summed["expected"])


def test_chronic_absence_is_like_the_published_and_falls_from_year_to_year(stas: Read) -> None:
    rates = {year: students(stas, year)["chronic"].mean() for year in YEARS}
    assert 0.21 < rates["2023-24"] < 0.25
    assert 0.02 < rates["2022-23"] - rates["2023-24"] < 0.07


def test_schools_differ_widely(stas: Read) -> None:
    rates = students(stas, "2023-24", by="school").groupby("school")["chronic"].mean()
    assert len(rates) == 31
    assert rates.min() < 0.10
    assert rates.drop("9910401").max() > 0.35
    assert rates["9910401"] > 0.45


def test_groups_differ_as_in_the_county(stas: Read, calpads: Read) -> None:
    both = pd.concat([students(stas, year).assign(year=year) for year in YEARS])
    grade, race, program = [], [], []
    for year in YEARS:
        senr = in_order_of(pd.concat([calpads(lea, year, "SENR") for lea in LEAS]), 22).drop_duplicates(8, keep="last")
        sinf = in_order_of(pd.concat([calpads(lea, year, "SINF") for lea in LEAS]), 4).drop_duplicates(9, keep="last")
        sprg = pd.concat([calpads(lea, year, "SPRG") for lea in LEAS])
        grade.append(pd.DataFrame({"year": year, "ssid": senr[8], "grade": senr[24]}))
        race.append(pd.DataFrame({"year": year, "ssid": sinf[9], "hispanic": sinf[23], "race": sinf[25].str[:1]}))
        program.append(pd.DataFrame({"year": year, "ssid": sprg[7], "program": sprg[13]}))
    both = both.merge(pd.concat(grade), on=["year", "ssid"]).merge(pd.concat(race), on=["year", "ssid"])
    served = both.merge(pd.concat(program), on=["year", "ssid"]).groupby("program")["chronic"].mean()
    everybody = both["chronic"].mean()
    assert served["191"] > everybody + 0.08
    assert served[["190", "193"]].max() > everybody + 0.05
    assert served["144"] > everybody + 0.05
    asian = both[(both["hispanic"] == "N") & both["race"].isin(["2", "4"])]["chronic"].mean()
    assert asian < everybody - 0.10
    by_grade = both.groupby("grade")["chronic"].mean()
    middle_years = both[both["grade"].isin(["02", "03", "04", "05"])]["chronic"].mean()
    assert by_grade["KN"] > middle_years + 0.02
    assert by_grade["TK"] > middle_years + 0.02
    assert by_grade[["11", "12"]].mean() > middle_years + 0.05


def test_more_is_missed_on_mondays_and_fridays_and_in_winter(county: County) -> None:
    truth = pd.read_parquet(county.truth, columns=["school_date", "state"])
    absent = truth["state"].isin(["excused", "unexcused", "unverified"])
    by_weekday = absent.groupby(truth["school_date"].dt.day_of_week).mean()
    by_month = absent.groupby(truth["school_date"].dt.month).mean()
    assert by_weekday[[0, 4]].min() > by_weekday[[1, 2, 3]].max()
    assert by_month[12] > by_month[9]


def interventions(county: County) -> pd.DataFrame:
    (path,) = county.root.glob("1999001/interventions/*.csv")
    return read_table(path)


def test_the_log_follows_from_absence_and_starts_on_school_days(county: County, aeries: Read) -> None:
    log = interventions(county)
    assert set(log["type_code"]) == {
        "phone_call",
        "letter",
        "sart_meeting",
        "home_visit",
        "mentoring",
        "attendance_recovery",
    }
    assert log["intervention_id"].is_unique
    assert set(log["tier"]) == {"1", "2", "3"}
    assert (log.loc[log["type_code"] == "letter", "trigger"].str.startswith("letter_")).all()
    still_open = log["status"] == "open"
    assert 3 <= still_open.sum() <= 100
    assert ((log["end_date"] == "") == still_open).all()
    assert (log.loc[~still_open, "end_date"] >= log.loc[~still_open, "start_date"]).all()
    for year in YEARS:
        numbers = {"9910" + number: number for number in aeries("1999001", year, "STU")["SC"].unique()}
        started = log[log["intervention_id"].str.startswith(f"1999001-{year[:4]}")]
        days = set(map(tuple, aeries("1999001", year, "DAY").query("HO == ''")[["SC", "DT"]].to_numpy()))
        schools = started["school_code"].map(numbers)
        assert set(zip(schools, started["start_date"], strict=True)) <= days
        stints = aeries("1999001", year, "ENR")
        there = started.assign(SC=schools).merge(stints, left_on=["SC", "local_student_id"], right_on=["SC", "ID"])
        there = there[(there["start_date"] >= there["ED"]) & (there["start_date"] <= there["LD"])]
        assert set(there["intervention_id"]) == set(started["intervention_id"])


def absence_before_and_after(county: County) -> pd.Series:
    """Change of the absence rate, in points, from 40 school days before an intervention to 40 after it, by type."""
    truth = pd.read_parquet(county.truth)
    truth = truth[truth["lea_code"] == "1999001"]
    absent = truth["state"].isin(
        ["excused", "unexcused", "unverified", "out_of_school_suspension", "incomplete_independent_study"]
    )
    days = pd.DataFrame(
        {
            "school_code": truth["school_code"].astype(str),
            "local_student_id": truth["local_student_id"].astype(str),
            "date": truth["school_date"],
            "absent": absent.astype(float),
        }
    )
    log = interventions(county)[["intervention_id", "school_code", "local_student_id", "type_code", "start_date"]]
    both = log.merge(days, on=["school_code", "local_student_id"])
    distance = (both["date"] - pd.to_datetime(both["start_date"])).dt.days
    before = both[distance.between(-60, -1)].groupby("intervention_id")["absent"].mean()
    after = both[distance.between(1, 60)].groupby("intervention_id")["absent"].mean()
    change = 100 * (after - before).dropna()
    return change.groupby(log.set_index("intervention_id")["type_code"]).mean()


def test_home_visits_and_mentoring_help_and_letters_do_not(county: County) -> None:
    change = absence_before_and_after(county)
    assert change[["home_visit", "mentoring"]].max() < change["attendance_recovery"] - 2
    assert change[["home_visit", "mentoring"]].max() < change["letter"] - 3


def survey(county: County) -> pd.DataFrame:
    (path,) = county.root.glob("19/chks/*.csv")
    return read_table(path)


def test_the_survey_hides_the_answers_of_fewer_than_ten(county: County) -> None:
    rows = survey(county)
    few = rows["n_respondents"].astype(int) < 10
    assert 6 <= few.sum() <= 40
    assert (rows.loc[few, "is_suppressed"] == "Y").all()
    assert (rows.loc[few, "value_pct"] == "").all()
    assert (rows.loc[~few, "is_suppressed"] == "N").all()
    assert rows.loc[~few, "value_pct"].astype(float).between(0, 100).all()
    assert (rows["n_respondents"].astype(int) <= rows["n_enrolled"].astype(int)).all()
    assert set(rows["grade"]) == {"05", "07", "09", "11"}
    assert not rows.duplicated(["cds_code", "school_year", "grade", "respondent_group", "indicator_code"]).any()
    assert set(rows["school_year"]) == set(YEARS)


@pytest.mark.parametrize(("indicator", "sign"), [("school_connectedness", -1), ("chronic_sadness", 1)])
def test_better_climate_goes_with_less_absence(county: County, stas: Read, indicator: str, sign: int) -> None:
    rows = survey(county).query("is_suppressed == 'N'")
    rows = rows[rows["indicator_code"] == indicator]
    climate = rows.assign(school=rows["cds_code"].str[7:], value=rows["value_pct"].astype(float))
    rates = pd.concat([students(stas, year, by="school").assign(school_year=year) for year in YEARS])
    keys = ["school_year", "school"]
    together = climate.groupby(keys)["value"].mean().to_frame().join(rates.groupby(keys)["chronic"].mean(), how="inner")
    assert sign * np.corrcoef(together["value"], together["chronic"])[0, 1] > 0.7
