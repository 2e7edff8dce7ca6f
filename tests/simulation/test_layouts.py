"""The files are what districts send: names, headers, field counts, line ends, keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ingestion.registry import Registry
from tests.simulation.raw_files import AERIES, LEAS, County, schools_of

Read = Callable[..., pd.DataFrame]
YEARS = ("2022-23", "2023-24")

HEADERS = {
    "STU": "ID,SC,SN,CID,LN,FN,MN,SX,GR,BD,LF,TG,SP,AD,CY,ST,ZC,PG,TL",
    "ENR": "ID,SC,SN,YR,TR,PR,AP1,GR,ED,LD,ER",
    "ATT": "SC,SN,DY,CD,PR,GR,TR,TN,AL,A0,A1,A2,A3,A4,A5,A6,A7,A8,A9,DT,"
    "RS,NS,AP1,AP2,HS,IT,NPS,ITD,ADA,ADT,ACO,DEL,DTS",
    "ABS": "SC,CD,TI,AB,TY,SU,IS,AD",
    "DAY": "SC,DY,DT,HO,MO,T1,EN,BL,AB,ML,PD,BS,PAT",
    "CHKS": "cds_code,school_year,grade,respondent_group,module,indicator_code,item_text,response_option,measure_type,"
    "n_respondents,n_enrolled,value_pct,is_suppressed,source_report,instrument_version",
    "interventions": "intervention_id,lea_code,school_code,local_student_id,tier,type_code,start_date,end_date,"
    "staff_role,trigger,dosage_count,status,outcome_code,reason_code,updated_at",
}
KEYS = {"STU": ["SC", "SN"], "ENR": ["SC", "SN", "ED"], "ABS": ["SC", "CD"], "DAY": ["SC", "DT"]}
# Fields of each layout (docs/rules.md A.2 to A.6); STAS by year, SPRG with the two dates of an ODS extract.
FIELDS = {"SENR": (39, 39), "SINF": (50, 50), "SPRG": (28, 28), "SELA": (16, 16), "STAS": (22, 23)}
CALPADS_KEYS = {
    "SENR": [5, 8, 22], "SINF": [7, 9, 4], "SPRG": [5, 7, 13, 15, 17, 18], "SELA": [5, 7, 13, 14], "STAS": [5, 7],
}  # fmt: skip
# Longest values, by field (docs/rules.md A.2 to A.6).
LENGTHS = {
    "SENR": {4: 7, 5: 7, 7: 9, 8: 10, 9: 15, 10: 30, 12: 50, 17: 8, 18: 1, 22: 8, 23: 2, 24: 2, 25: 8, 26: 4, 27: 3},
    "SINF": {4: 8, 5: 8, 9: 10, 19: 1, 23: 1, 25: 3, 26: 3, 31: 60, 33: 30, 34: 6, 35: 10, 38: 2},
    "SPRG": {1: 6, 7: 10, 13: 3, 15: 8, 16: 8, 20: 11, 23: 3, 24: 1, 25: 1, 27: 8, 28: 8},
    "SELA": {7: 10, 12: 15, 13: 4, 14: 8, 15: 2},
    "STAS": {7: 10, 8: 15, 13: 1, 14: 1, **dict.fromkeys(range(15, 23), 6)},
}  # fmt: skip


def header(path: Path) -> str:
    return path.read_bytes().splitlines()[0].decode()


def test_every_file_lies_where_the_registry_says_that_its_source_arrives(county: County, registry: Registry) -> None:
    folders = {
        delivery.folder.format(school_year=year)
        for sender in registry.senders()
        for delivery in sender.sends.values()
        for year in YEARS
        if delivery.root == "extracts"
    }
    assert {str(Path(path).parent) for path in county.report.files} == folders


@pytest.mark.parametrize("table", ["STU", "ENR", "ATT", "ABS", "DAY"])
def test_aeries_tables_carry_their_own_header(county: County, table: str) -> None:
    files = sorted(county.root.glob(f"*/aeries/*/{table}_*.csv"))
    assert len(files) == (43 if table == "ATT" else 4)
    assert {header(path) for path in files} == {HEADERS[table]}
    assert {path.read_bytes().count(b"\r\n") - path.read_bytes().count(b"\n") for path in files} == {0}


def test_the_survey_and_the_log_carry_the_names_of_their_intake(county: County) -> None:
    (survey,) = county.root.glob("19/chks/*")
    (log,) = county.root.glob("*/interventions/*")
    assert (header(survey), header(log)) == (HEADERS["CHKS"], HEADERS["interventions"])


@pytest.mark.parametrize("lea", AERIES)
@pytest.mark.parametrize("year", YEARS)
def test_aeries_keys_are_unique(aeries: Read, attendance: Read, lea: str, year: str) -> None:
    for table, key in KEYS.items():
        assert not aeries(lea, year, table).duplicated(key).any(), table
    assert not attendance(lea, year).duplicated(["SC", "SN", "DT", "CD"]).any()
    students = aeries(lea, year, "STU")
    assert not students.duplicated(["SC", "ID"]).any()
    assert (students.groupby("ID")["CID"].nunique() == 1).all()


@pytest.mark.parametrize("record_type", list(FIELDS))
def test_calpads_files_are_caret_separated_without_header_or_quotes_and_end_in_cr_lf(
    county: County, record_type: str
) -> None:
    files = sorted(county.root.glob(f"*/calpads/*_{record_type}_*.txt"))
    assert len(files) == 2 * len(LEAS)
    for path in files:
        data = path.read_bytes()
        assert data.endswith(b"\r\n")
        assert data.count(b"\r\n") == data.count(b"\n")
        assert b'"' not in data
        lines = data.decode("utf-8").split("\r\n")[:-1]
        fields = FIELDS[record_type][0 if path.name.startswith("2022") else 1]
        assert {line.count("^") + 1 for line in lines} == {fields}
        expected = "SPRG-R" if record_type == "SPRG" else record_type
        assert {line.split("^")[0] for line in lines} == {expected}


@pytest.mark.parametrize("record_type", list(FIELDS))
def test_calpads_values_fit_their_fields(calpads: Read, record_type: str) -> None:
    for lea in LEAS:
        for year in YEARS:
            rows = calpads(lea, year, record_type)
            too_long = {
                number: rows[number].str.len().max()
                for number, longest in LENGTHS[record_type].items()
                if rows[number].str.len().max() > longest
            }
            assert not too_long, (lea, year)
            assert not rows.duplicated(CALPADS_KEYS[record_type]).any(), (lea, year)


def test_calpads_rows_name_their_own_district_and_year(calpads: Read) -> None:
    lea_field = {"SENR": 4, "SINF": 6, "SPRG": 4, "SELA": 4, "STAS": 4}
    year_field = {"SENR": 7, "SINF": 8, "SPRG": 6, "SELA": 6, "STAS": 6}
    for record_type, field in lea_field.items():
        for lea in LEAS:
            for year, spelled in zip(YEARS, ("2022-2023", "2023-2024"), strict=True):
                rows = calpads(lea, year, record_type)
                assert set(rows[field]) == {lea}
                assert set(rows[year_field[record_type]]) == {spelled}


def test_attendance_is_sent_in_the_first_days_after_its_month(county: County) -> None:
    for path in sorted(county.root.glob("*/aeries/*/ATT_*.csv")):
        month, sent = pd.Timestamp(f"{path.stem[4:10]}01"), pd.Timestamp(path.stem[-8:])
        days_later = (sent - (month + pd.offsets.MonthBegin(1))).days
        assert days_later == (9 if path.name == "ATT_202310_20231110.csv" else 2), path.name
        rows = pd.read_csv(path, dtype=str)
        assert set(rows["DT"].str[:7]) == {f"{month:%Y-%m}"}, path.name


@pytest.mark.parametrize("lea", AERIES)
def test_attendance_holds_exceptions_and_marks_only(attendance: Read, registry: Registry, lea: str) -> None:
    rows = attendance(lea, "2023-24")
    codes = rows[["AL", *(f"A{period}" for period in range(10))]]
    assert ((rows["CD"] == "") == (codes != "").any(axis=1)).all()
    assert set(rows["CD"]) == {"", "E", "L"}
    periods = {str(school.number): school.periods for school in schools_of(registry, lea)}
    by_period = rows["SC"].map(periods).notna()
    assert (codes[~by_period].drop(columns="AL") == "").all(axis=None)
    taken = codes.loc[by_period & (rows["CD"] == ""), [f"A{period}" for period in range(1, 7)]]
    shared = taken.eq(taken["A1"], axis=0).all(axis=1)
    assert ((codes.loc[taken.index, "AL"] == taken["A1"].where(shared, "")) | ~shared).all()
    assert (codes.loc[taken.index[~shared], "AL"] == "").all()
    assert (rows[["A0", "A7", "A8", "A9"]] == "").all(axis=None)


def test_the_same_letter_means_something_else_at_another_school(aeries: Read) -> None:
    alder, birch = aeries("1999001", "2023-24", "ABS"), aeries("1999002", "2023-24", "ABS")

    def meaning(codes: pd.DataFrame, school: str, letter: str) -> tuple[str, ...]:
        return tuple(codes[(codes["SC"] == school) & (codes["CD"] == letter)][["TY", "SU", "IS", "AD"]].iloc[0])

    assert meaning(alder, "101", "S") == ("2", "Y", "", "N")
    assert meaning(birch, "11", "S") == ("2", "N", "C", "Y")
    assert meaning(alder, "101", "E") != meaning(alder, "105", "E")
    assert set(alder["CD"].str.len()) | set(birch["CD"].str.len()) == {1}
    for codes in (alder, birch):
        assert set(codes["TY"]) >= {"1", "2", "3", "5", "6", "8", "9"}


@pytest.mark.parametrize("lea", AERIES)
@pytest.mark.parametrize("year", YEARS)
def test_each_calendar_has_every_weekday_and_180_school_days(aeries: Read, lea: str, year: str) -> None:
    for _, days in aeries(lea, year, "DAY").groupby("SC"):
        in_session = days[days["HO"] == ""]
        assert in_session["DY"].tolist() == [str(number) for number in range(1, 181)]
        assert set(days.loc[days["HO"] != "", "DY"]) <= {"", "0"}
        assert days["DT"].tolist() == [f"{day:%Y-%m-%d}" for day in pd.bdate_range(days["DT"].min(), days["DT"].max())]


def test_one_storm_day_closed_one_district_and_nobody_has_codes_on_it(aeries: Read, attendance: Read) -> None:
    closed = {
        (lea, year, day): schools
        for lea in AERIES
        for year in YEARS
        for day, schools in aeries(lea, year, "DAY").query("HO == 'E'").groupby("DT")["SC"].nunique().items()
    }
    assert closed == {("1999001", "2023-24", "2024-02-05"): 8}
    assert (attendance("1999001", "2023-24")["DT"] != "2024-02-05").all()


@pytest.mark.parametrize("lea", AERIES)
@pytest.mark.parametrize("year", YEARS)
def test_every_row_of_attendance_is_on_a_school_day_of_a_stint(
    aeries: Read, attendance: Read, lea: str, year: str
) -> None:
    days = aeries(lea, year, "DAY").query("HO == ''")[["SC", "DT", "DY"]]
    rows = attendance(lea, year).reset_index().merge(days, on=["SC", "DT"], how="left", suffixes=("", "_calendar"))
    assert (rows["DY"] == rows["DY_calendar"]).all()
    stints = aeries(lea, year, "ENR")
    inside = rows.merge(stints, on=["SC", "SN"], suffixes=("", "_stint"))
    inside = inside[(inside["DT"] >= inside["ED"]) & ((inside["DT"] <= inside["LD"]) | (inside["LD"] == ""))]
    assert set(inside["index"]) == set(rows["index"])


def test_enrollment_in_calpads_is_the_districts_own(aeries: Read, calpads: Read) -> None:
    for lea in AERIES:
        for year in YEARS:
            ours = aeries(lea, year, "ENR")
            state = calpads(lea, year, "SENR")
            assert sorted(ours["ID"] + ours["ED"].str.replace("-", "")) == sorted(state[9] + state[22])
            assert (state[25] != "").all()
            assert set(state[23]) <= {"10", "20", "30"}


def test_only_birch_leaves_the_last_years_records_open(aeries: Read) -> None:
    still_open = {
        (lea, year): int((aeries(lea, year, "ENR")["LD"] == "").sum()) > 0 for lea in AERIES for year in YEARS
    }
    assert [key for key, is_open in still_open.items() if is_open] == [("1999002", "2023-24")]
    closed = aeries("1999002", "2023-24", "ENR").query("LD != ''")
    assert not closed["ER"].isin(["E155", "E230"]).any()
