"""Rules between a row and what is around it: its other dates, the day of sending, the calendar, other rows' spans."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.reference import write_reference
from tests.ingestion.county import (
    AERIES,
    ATT,
    DAY,
    ENR,
    LEA,
    STU,
    County,
    Row,
    absence,
    absences,
    caret,
    csv,
    lenient,
    read_parquet,
    stas,
    student,
)

AS_TEXT = "ormat the column as text and export it again"
REWRITTEN = f"was rewritten by a spreadsheet, like 1.23E+09: f{AS_TEXT}"


def stint(number: int, enter: str = "2023-08-15", leave: str = "", school: str = "101") -> Row:
    """A row of ENR."""
    row = {"ID": str(50000 + number), "SC": school, "SN": str(number), "YR": "2023", "GR": "7"}
    return row | {"ED": enter, "LD": leave, "ER": ""}


def calendar(first: str, last: str, school: str = "101") -> str:
    """DAY of one school, its first and last day only."""
    return csv(DAY, [{"SC": school, "DT": day, "DY": "1", "MO": "1"} for day in (first, last)])


def marks(county: County, name: str) -> list[tuple[int, str, str, str | None, bool]]:
    """What the list of a delivery says: line, column, reason, value, and whether the row is rejected."""
    listed = county.rejects(county.records()[name])
    keys = ("line", "column_name", "reason", "value", "is_rejected")
    return [tuple(row[key] for key in keys) for row in listed]  # type: ignore[misc]


# ---- dates ----


def test_a_leave_date_before_the_enter_date_is_rejected_and_the_same_day_is_not(county: County) -> None:
    rows = [stint(number) for number in range(1, 201)]
    rows[3] |= {"LD": "2023-08-14"}
    rows[4] |= {"LD": "2023-08-15"}
    rows[5] |= {"LD": "x"}
    rows[6] |= {"ED": "x", "LD": "2023-08-14"}
    county.send(f"{AERIES}/ENR_20231101.csv", csv(ENR, rows))
    record = county.run_one(contracts=lenient())
    assert (record.rows_in, record.rows_loaded, record.rows_rejected) == (200, 197, 3)
    unreadable = "is not a date like 2023-10-05 or 10/05/2023"
    assert marks(county, "ENR_20231101.csv") == [
        (5, "LD", "is before ED", "2023-08-14", True),
        (7, "LD", unreadable, "x", True),
        (8, "ED", unreadable, "x", True),
    ]


def test_a_date_after_the_day_after_the_sending_lies_in_the_future(county: County) -> None:
    county.send_codes()
    rows = [*absences(200, "2023-10-31"), absence(900, "2023-11-02"), absence(901, "2023-11-03")]
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, rows))
    record = county.run_one()
    assert (record.outcome, record.rows_loaded, record.rows_rejected) == ("loaded", 201, 1)
    assert marks(county, "ATT_20231101.csv") == [
        (203, "DT", "lies in the future: the file was sent on 2023-11-01", "2023-11-03", True)
    ]


# ---- the calendar ----


def test_attendance_outside_its_schools_calendar_is_rejected(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/DAY_20230801.csv", calendar("2023-08-15", "2024-06-07"))
    days = ["2023-08-14", "2023-08-15", "2024-06-07", "2024-06-08"]
    county.send(f"{AERIES}/ATT_20240701.csv", csv(ATT, [absence(1, day) for day in days]))
    outcomes = {one.file: one for one in county.run(contracts=lenient())}
    record = outcomes["attendance"]
    assert (record.rows_in, record.rows_loaded, record.rows_rejected) == (4, 2, 2)
    outside = "is outside the calendar that was sent for its school"
    assert marks(county, "ATT_20240701.csv") == [
        (2, "DT", outside, "2023-08-14", True),
        (5, "DT", outside, "2024-06-08", True),
    ]
    assert record.periods == ("2023-08", "2023-09", *(f"2023-{n}" for n in (10, 11, 12)), *months_of_2024())


def months_of_2024() -> tuple[str, ...]:
    return tuple(f"2024-0{number}" for number in range(1, 7))


@pytest.mark.parametrize(
    ("school", "year"), [("102", "2023-24"), ("101", "2022-23")], ids=["another school's", "another year's"]
)
def test_no_date_is_held_to_a_calendar_that_is_not_its_own(county: County, school: str, year: str) -> None:
    county.send_codes()
    dates = ("2023-08-15", "2024-06-07") if year == "2023-24" else ("2022-08-15", "2023-06-07")
    county.send(f"{LEA}/aeries/{year}/DAY_20230801.csv", calendar(*dates, school))
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, [absence(1, "2023-07-03")]))
    outcomes = {one.file: one for one in county.run()}
    assert (outcomes["attendance"].outcome, outcomes["attendance"].rows_loaded) == ("loaded", 1)


def test_a_calendar_that_was_sent_after_the_attendance_is_loaded_before_it(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, [absence(1, "2023-07-03"), absence(2)]))
    county.send(f"{AERIES}/DAY_20231201.csv", calendar("2023-08-15", "2024-06-07"))
    outcomes = {one.file: one for one in county.run(contracts=lenient())}
    assert outcomes["attendance"].rows_rejected == 1


def test_what_a_wrong_calendar_refused_is_tried_again_when_the_right_one_comes(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/DAY_20230801.csv", calendar("2023-11-15", "2024-06-07"))
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(50)))
    assert {one.file: one.outcome for one in county.run()}["attendance"] == "refused"
    county.send(f"{AERIES}/DAY_20231102.csv", calendar("2023-08-15", "2024-06-07"))
    assert {one.file: one.outcome for one in county.run()} == {"calendar": "loaded", "attendance": "loaded"}


# ---- spans ----


def test_overlapping_stints_are_loaded_and_listed_as_remarks(county: County) -> None:
    rows = [
        stint(1, "2023-10-10", "2023-12-01", "102"),
        stint(1, "2023-08-15", "2023-10-10"),
        stint(2, "2023-08-15", "2023-10-10"),
        stint(2, "2023-10-11"),
        stint(3),
        stint(3, "2024-01-08", "2024-02-01"),
        stint(3, "2024-03-08", "2024-04-01"),
    ]
    county.send(f"{AERIES}/ENR_20240601.csv", csv(ENR, rows))
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_loaded, record.rows_rejected) == ("loaded", 7, 7, 0)
    assert marks(county, "ENR_20240601.csv") == [
        (2, "ED, LD", "overlaps the dates of line 3", None, False),
        (7, "ED, LD", "overlaps the dates of line 6", None, False),
        (8, "ED, LD", "overlaps the dates of line 6", None, False),
    ]
    assert "Loaded, but to be mended: 3 times ED, LD overlaps the dates of another line, first on line 2" in str(
        record.message
    )


def test_two_stints_that_touch_do_not_overlap_where_the_leave_date_is_the_day_after(county: County) -> None:
    rows = [stint(1, "2023-08-15", "2023-10-10"), stint(1, "2023-10-10"), stint(1, "2024-01-08", "2024-01-08")]
    county.send(f"{AERIES}/ENR_20240601.csv", csv(ENR, rows))
    told = county.registry.model_dump()
    told["leas"][0]["leave_date"] = "day_after"
    other = County(county.settings, type(county.registry).model_validate(told))
    assert other.run_one().rows_loaded == 3
    assert marks(county, "ENR_20240601.csv") == []


def test_a_year_of_its_own_overlaps_no_other(county: County) -> None:
    county.send(f"{AERIES}/ENR_20240601.csv", csv(ENR, [stint(1) | {"YR": "2022"}, stint(1)]))
    assert county.run_one().rows_loaded == 2
    assert marks(county, "ENR_20240601.csv") == []


def test_dbt_finds_remarks_told_apart_from_rejects(county: County) -> None:
    rows = [stint(number) for number in range(1, 201)]
    rows[7] |= {"GR": "seven"}
    county.send(f"{AERIES}/ENR_20240601.csv", csv(ENR, [*rows, stint(1, "2024-01-08")]))
    record = county.run_one()
    assert (record.rows_in, record.rows_loaded, record.rows_rejected) == (201, 200, 1)
    write_reference(county.settings, county.registry)
    listed = read_parquet(county.settings.lake / "ledger/rejects/all.parquet")
    assert [(row["reason"], row["is_rejected"], row["rows_listed"]) for row in listed] == [
        ("is not a whole number", True, 1),
        ("overlaps the dates of another line", False, 1),
    ]


def test_a_list_from_before_there_were_remarks_is_still_read(county: County) -> None:
    rows = [stint(number) for number in range(1, 201)]
    rows[7] |= {"GR": "seven"}
    county.send(f"{AERIES}/ENR_20240601.csv", csv(ENR, rows))
    record = county.run_one()
    path = county.settings.rejects / LEA / f"{record.delivery_id}.parquet"
    without_remarks(path)
    write_reference(county.settings, county.registry)
    (listed,) = read_parquet(county.settings.lake / "ledger/rejects/all.parquet")
    assert (listed["is_rejected"], listed["rows_listed"]) == (True, 1)


def without_remarks(path: Path) -> None:
    """Write a list of rejects anew as earlier versions did."""
    with duckdb.connect() as connection:
        connection.execute("create table listed as select * exclude (is_rejected) from read_parquet(?)", [str(path)])
        connection.execute(f"copy listed to '{path}' (format parquet)")


# ---- what spreadsheets do ----


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("CID", "8.1E+09", REWRITTEN),
        ("CID", "810000001", f"has 9 digits where 10 belong: leading zeros lost? F{AS_TEXT}"),
        ("CID", "81000000012", "does not look like \\d{10}"),
        ("ID", "1.23E+05", REWRITTEN),
        ("SN", "1.2E+12", REWRITTEN),
        ("SN", "1e3", "is not a whole number"),
        ("ZC", "9000", f"has 4 digits where 5 belong: leading zeros lost? F{AS_TEXT}"),
    ],
)
def test_what_a_spreadsheet_did_to_a_number_is_told_with_what_to_do(
    county: County, column: str, value: str, reason: str
) -> None:
    rows = [student(number) for number in range(1, 201)]
    rows[9] |= {column: value}
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, rows))
    assert county.run_one().rows_rejected == 1
    shown = value if column == "ZC" else None
    assert marks(county, "STU_20230901.csv") == [(11, column, reason, shown, True)]


def test_a_cds_code_without_its_leading_zero_is_told_so(county: County) -> None:
    sender = "0199001"
    told = county.registry.model_dump()
    told["leas"][0].update({"code": sender, "sends": {"calpads": {"folder": f"{sender}/calpads"}}})
    other = County(county.settings, type(county.registry).model_validate(told))
    rows = [stas(number, lea=sender) for number in range(1, 201)]
    rows[4] = stas(5, lea="199001")
    rows[5] = stas(6, lea="1999002")
    other.send(f"{sender}/calpads/any.txt", caret(rows))
    record = other.run_one("calpads", sender)
    assert [(row["reason"], row["value"]) for row in other.rejects(record)] == [
        (f"has 6 digits where 7 belong: leading zeros lost? F{AS_TEXT}", "199001"),
        ("is another LEA's: the sender is 0199001", "1999002"),
    ]
