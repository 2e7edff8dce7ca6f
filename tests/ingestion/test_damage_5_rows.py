"""Damage, 5 of 6: wrong rows. Wrong LEA's file, wrong school year, dates in the future or outside the calendar; CDS
codes and SSIDs that lost their zeros or became 1.23E+09; duplicated rows, overlapping stints, exit before entry;
unknown attendance codes.

When it matters: a few wrong rows cost only themselves and go back to their sender with line, column, value and what to
do; a file that is wrong as a whole is refused. The edges of each rule are tested in test_row_rules.py.
"""

from __future__ import annotations

import pytest

from tests.ingestion.county import (
    AERIES,
    ATT,
    CALPADS,
    CHKS,
    DAY,
    ENR,
    LEA,
    OTHER_LEA,
    STU,
    County,
    Row,
    absence,
    absences,
    caret,
    csv,
    senr,
    stas,
    student,
    survey,
)
from tests.ingestion.damaged import lake_only, refused, said, serving

Told = tuple[int, str | None, str, str | None]


def stint(number: int, **other: str) -> Row:
    """A row of ENR: a student of school 101 who came in August."""
    row = {"ID": str(50000 + number), "SC": "101", "SN": str(number), "YR": "2023", "GR": "7", "ED": "2023-08-15"}
    return row | dict(other.items())


def told(county: County, kind: str = "sis", sender: str = LEA) -> tuple[Told, ...]:
    """What a loaded delivery's list says of its rows: line, column, reason and value; nothing of it is private."""
    record = county.run_one(kind, sender)
    assert record.outcome == "loaded", record
    assert record.rows_in == record.rows_loaded + record.rows_rejected
    listed = county.rejects(record)
    assert "Planted" not in str(listed)
    assert "81000000" not in str(listed)
    assert len({row["line"] for row in listed if row["is_rejected"]}) == record.rows_rejected
    return tuple((row["line"], row["column_name"], row["reason"], row["value"]) for row in listed)


# ---- wrong LEA's file ----


def test_another_leas_calpads_file_is_refused_whole(county: County, caplog: pytest.LogCaptureFixture) -> None:
    county.send(f"{CALPADS}/own_20240701.txt", caret([stas(number) for number in range(1, 50)]))
    county.run("calpads")
    theirs = caret([stas(number, lea=OTHER_LEA) for number in range(1, 50)])
    record = refused(county, caplog, f"{CALPADS}/own_20240702.txt", theirs, kind="calpads")
    assert "49 times Reporting LEA is another LEA's: the sender is 1999001, first on line 1" in said(record)


def test_another_leas_aeries_file_is_refused_because_none_of_its_schools_is_known(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    theirs = csv(STU, [student(number, SC="950") for number in range(1, 201)])
    record = refused(county, caplog, f"{AERIES}/STU_20230902.csv", theirs)
    assert "None of its rows is of a school that the registry knows" in said(record)
    assert "config/leas/" in said(record)


# ---- wrong school year ----


def test_a_file_of_another_school_year_than_its_folder_is_refused(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    record = refused(county, caplog, f"{AERIES}/ATT_20231102.csv", csv(ATT, absences(200, "2022-10-05")))
    assert "200 times DT is outside 2023-24, the year of its folder, first on line 2" in said(record)


def test_a_row_of_another_school_year_is_rejected_with_its_line(county: County) -> None:
    serving(county)
    rows = absences(200)
    rows[9] |= {"DT": "2022-10-05"}
    county.send(f"{AERIES}/ATT_20231102.csv", csv(ATT, rows))
    assert told(county) == ((11, "DT", "is outside 2023-24, the year of its folder", "2022-10-05"),)


# ---- dates in the future or outside the calendar ----


def test_a_date_in_the_future_is_rejected_with_the_day_of_sending(county: County) -> None:
    serving(county)
    rows = absences(200)
    rows[9] |= {"DT": "2024-05-05"}
    county.send(f"{AERIES}/ATT_20231102.csv", csv(ATT, rows))
    assert told(county) == ((11, "DT", "lies in the future: the file was sent on 2023-11-02", "2024-05-05"),)


def test_a_date_outside_the_calendar_is_rejected(county: County) -> None:
    serving(county)
    days = [{"SC": "101", "DT": day, "DY": "1", "MO": "1"} for day in ("2023-08-15", "2024-06-07")]
    county.send(f"{AERIES}/DAY_20230801.csv", csv(DAY, days))
    county.run()
    rows = absences(200)
    rows[9] |= {"DT": "2023-07-20"}
    county.send(f"{AERIES}/ATT_20231102.csv", csv(ATT, rows))
    ((line, column, reason, value),) = told(county)
    assert (line, column, value) == (11, "DT", "2023-07-20")
    assert reason == "is outside the calendar that was sent for its school"


# ---- what a spreadsheet did ----


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("81000007", "has 8 digits where 10 belong: leading zeros lost?"),
        ("8.1E+09", "was rewritten by a spreadsheet, like 1.23E+09"),
    ],
)
def test_an_ssid_that_a_spreadsheet_changed_is_rejected_and_never_repeated(
    county: County, number: str, reason: str
) -> None:
    serving(county)
    rows = [student(place) for place in range(1, 201)]
    rows[9] |= {"CID": number}
    county.send(f"{AERIES}/STU_20230902.csv", csv(STU, rows))
    ((line, column, what, value),) = told(county)
    assert (line, column, value) == (11, "CID", None)
    assert what.startswith(reason)
    assert what.endswith("ormat the column as text and export it again")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("991010", "has 6 digits where 7 belong: leading zeros lost?"),
        ("9.91E+06", "was rewritten by a spreadsheet, like 1.23E+09"),
    ],
)
def test_a_cds_code_that_a_spreadsheet_changed_is_rejected_with_its_value(
    county: County, code: str, reason: str
) -> None:
    rows = [stas(place) for place in range(1, 201)]
    rows[9][4] = code
    county.send(f"{CALPADS}/own_20240701.txt", caret(rows))
    ((line, column, what, value),) = told(county, "calpads")
    assert (line, column, value) == (10, "School of Attendance", code)
    assert what.startswith(reason)


def test_a_survey_file_whose_cds_codes_became_numbers_is_refused(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    county.send("19/chks/results_20240801.csv", csv(CHKS, [survey(number) for number in range(1, 11)]))
    county.run("survey", "19")
    rows = [survey(number) | {"cds_code": "1.999E+13"} for number in range(1, 11)]
    record = refused(county, caplog, "19/chks/results_20240802.csv", csv(CHKS, rows), kind="survey", sender="19")
    assert "cds_code was rewritten by a spreadsheet, like 1.23E+09" in said(record)


# ---- rows against each other ----


def test_a_duplicated_row_is_rejected_with_the_line_that_it_repeats(county: County) -> None:
    serving(county)
    rows = absences(200)
    rows.insert(100, rows[9])
    county.send(f"{AERIES}/ATT_20231102.csv", csv(ATT, rows))
    assert told(county) == ((102, "SC, SN, DT, CD", "repeats the key of line 11", None),)


def test_a_file_that_was_pasted_twice_is_refused(county: County, caplog: pytest.LogCaptureFixture) -> None:
    serving(county)
    record = refused(county, caplog, f"{AERIES}/ATT_20231102.csv", csv(ATT, absences(200) * 2))
    assert "200 times SC, SN, DT, CD repeats the key of another line, first on line 202" in said(record)


def test_overlapping_stints_are_loaded_and_their_sender_is_asked_to_mend_them(county: County) -> None:
    serving(county)
    rows = [stint(1, LD="2023-12-01"), stint(1, ED="2023-11-01"), *(stint(number) for number in range(2, 20))]
    county.send(f"{AERIES}/ENR_20231201.csv", csv(ENR, rows))
    record = county.run_one()
    assert (record.outcome, record.rows_loaded, record.rows_rejected) == ("loaded", 20, 0)
    listed = [(row["line"], row["column_name"], row["is_rejected"]) for row in county.rejects(record)]
    assert [is_rejected for _, _, is_rejected in listed] == [False] * len(listed)
    assert {line for line, _, _ in listed} <= {2, 3}
    assert listed
    assert all("overlap" in row["reason"] for row in county.rejects(record))


def test_an_exit_before_its_entry_is_rejected(county: County) -> None:
    serving(county)
    rows = [stint(number) for number in range(1, 201)]
    rows[9] |= {"LD": "2023-08-14"}
    county.send(f"{AERIES}/ENR_20231201.csv", csv(ENR, rows))
    assert told(county) == ((11, "LD", "is before ED", "2023-08-14"),)


def test_an_exit_before_its_entry_is_rejected_in_calpads_too(county: County) -> None:
    rows = [senr(number) for number in range(1, 201)]
    rows[9][24] = "20230801"
    county.send(f"{CALPADS}/own_20240701.txt", caret(rows))
    assert told(county, "calpads") == ((10, None, "exit before entry: the exit date lies before the start date", None),)


# ---- codes ----


def test_a_few_unknown_attendance_codes_are_counted_and_their_rows_stay(county: County) -> None:
    serving(county)
    rows = absences(200)
    rows[9] |= {"AL": "?"}
    county.send(f"{AERIES}/ATT_20231102.csv", csv(ATT, rows))
    record = county.run_one()
    assert (record.outcome, record.rows_loaded, record.rows_unmapped) == ("loaded", 200, 1)


def test_many_unknown_attendance_codes_refuse_the_file_until_somebody_explains_them(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    before = serving(county)
    rows = [absence(number, AL="Z") for number in range(1, 201)]
    record = refused(county, caplog, f"{AERIES}/ATT_20231102.csv", csv(ATT, rows))
    assert "200 of 200 rows (100.0%) have a code that aeries/absence_codes does not explain" in said(record)
    assert "Send ABS*.csv with all codes of the year" in said(record)
    county.send_codes("A", "Z", day="20231103")
    assert {one.file: one.outcome for one in county.run()} == {"absence_codes": "loaded", "attendance": "loaded"}
    assert lake_only(county) != before
