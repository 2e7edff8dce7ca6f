"""CALPADS files: known by their first field, with and without the two fields of an extract, of several widths."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.ingestion.county import CALPADS, OTHER_LEA, County, caret, lenient, senr, stas

AS_TEXT = "Format the column as text and export it again"


def test_a_record_type_is_told_by_the_first_field_and_not_by_the_name(county: County) -> None:
    county.send(f"{CALPADS}/upload one.txt", caret([stas(1)]))
    county.send(f"{CALPADS}/STAS.txt", caret([senr(1)]))
    assert {record.name: record.file for record in county.run("calpads")} == {
        "upload one.txt": "stas",
        "STAS.txt": "senr",
    }


@pytest.mark.parametrize("width", [21, 22, 23, 24])
def test_an_extract_has_two_more_fields_than_the_file_whatever_its_width(county: County, width: int) -> None:
    county.send(f"{CALPADS}/own.txt", caret([stas(1, width), stas(2, width)]))
    county.send(f"{CALPADS}/zextract.txt", caret([stas(1, width, "STAS-R"), stas(2, width, "STAS-R")]))
    own, extract = county.run("calpads")
    assert (own.rows_loaded, extract.rows_loaded) == (2, 2)
    row = county.lake("calpads/stas")[0]
    assert row["record_type"] == "STAS-R"
    assert (row["upload_date"], row["last_updated_date"]) == (date(2024, 7, 1), date(2024, 7, 2))
    assert row["days_expected"] == Decimal("180.00")
    assert row["days_ada_independent_study"] == (Decimal("0.00") if width >= 22 else None)
    assert row["is_period_method"] == ("N" if width >= 23 else None)
    assert row["attendance_recovery_days"] == (2 if width >= 24 else None)


def test_a_file_that_is_no_extract_has_no_upload_date(county: County) -> None:
    county.send(f"{CALPADS}/own.txt", caret([stas(1)]))
    county.run("calpads")
    row = county.lake("calpads/stas")[0]
    assert (row["upload_date"], row["last_updated_date"], row["school_year"]) == (None, None, "2023-24")


@pytest.mark.parametrize("width", [27, 35, 39, 43])
@pytest.mark.parametrize("kind", ["SENR", "SENR-R"])
def test_an_enrollment_needs_27_fields_and_what_follows_may_be_there(county: County, width: int, kind: str) -> None:
    county.send(f"{CALPADS}/own.txt", caret([senr(1, width, kind)]))
    assert county.run_one("calpads").rows_loaded == 1
    row = county.lake("calpads/senr")[0]
    assert (row["completion_status"], row["exit_reason_code"]) == ("100", "E155")
    assert row["transfer_code"] == ("4" if width >= 30 else None)
    assert row["upload_date"] == (date(2024, 7, 1) if kind == "SENR-R" else None)


def test_a_row_that_is_too_short_is_rejected_and_tells_nothing_of_its_student(county: County) -> None:
    county.send(f"{CALPADS}/own.txt", caret([stas(1), stas(2, 20), stas(3, 25), stas(4, 20, "STAS-R"), senr(5, 26)]))
    record = county.run_one("calpads", contracts=lenient())
    expected = "21 to 24 expected (and 2 more in an extract)"
    assert county.reasons(record) == [
        (2, None, f"has 20 fields; {expected}"),
        (3, None, f"has 25 fields; {expected}"),
        (4, None, f"has 22 fields; {expected}"),
        (5, None, f"has 26 fields; {expected}"),
    ]
    assert all(row["value"] is None for row in county.rejects(record))


def test_rows_of_another_lea_are_rejected(county: County) -> None:
    rows = [stas(number) for number in range(1, 201)]
    rows[7] = stas(8, lea=OTHER_LEA)
    county.send(f"{CALPADS}/own.txt", caret(rows))
    record = county.run_one("calpads")
    assert (record.rows_in, record.rows_loaded) == (200, 199)
    assert county.reasons(record) == [(8, "Reporting LEA", "is another LEA's: the sender is 1999001")]
    assert county.rejects(record)[0]["value"] == OTHER_LEA


def test_another_leas_whole_file_is_refused(county: County) -> None:
    county.send(f"{CALPADS}/own.txt", caret([stas(number, lea=OTHER_LEA) for number in range(1, 50)]))
    record = county.run_one("calpads")
    assert record.outcome == "refused"
    assert "is another LEA's: the sender is 1999001" in str(record.message)
    assert county.periods("calpads/stas") == []


def test_a_row_of_another_record_type_is_rejected(county: County) -> None:
    county.send(f"{CALPADS}/own.txt", caret([stas(1), stas(2, kind="SINF"), stas(3)]))
    record = county.run_one("calpads", contracts=lenient())
    assert county.reasons(record) == [(2, "Record Type Code", "is not a row of type STAS")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (caret([["SINC", ""]]), "No contract knows record type SINC. Known are CENR, SELA, SENR, SINF, SPRG, STAS"),
        (caret([["Plantedlast", "Plantedfirst"]]), "Line 1 does not begin with a record type"),
        (caret([stas(1)]).replace("^", "|"), "separated by bars; expected are carets or commas"),
        ("Record Type Code^SSID\n", "take it out if there is one"),
    ],
)
def test_a_file_of_no_known_record_type_is_refused_without_repeating_it(
    county: County, content: str, told: str
) -> None:
    county.send(f"{CALPADS}/own.txt", content)
    record = county.run_one("calpads")
    assert record.outcome == "refused"
    assert told in str(record.message)
    assert "Planted" not in str(record.message)


@pytest.mark.parametrize(
    ("field", "value", "column", "reason"),
    [
        (6, "2023-2025", "Academic Year ID", "is not a school year like 2023-2024"),
        (6, "2023-24", "Academic Year ID", "is not a school year like 2023-2024"),
        (6, "", "Academic Year ID", "is blank but required"),
        (7, "810000001", "SSID", f"has 9 digits where 10 belong: leading zeros lost? {AS_TEXT}"),
        (7, "81000000x1", "SSID", "does not look like \\d{10}"),
        (7, "", "SSID", "is blank but required"),
        (12, "Q", "Student Gender Code", "is not one of M, F, X"),
        (13, "1", "Exemption Indicator", "is not Y or N"),
        (15, "1e2", "Expected Attendance Days", "is not a number of at most 2 decimals"),
        (15, "180.005", "Expected Attendance Days", "is not a number of at most 2 decimals"),
        (15, "-1", "Expected Attendance Days", "is below 0"),
        (24, "2.5", "Attendance Recovery Days", "is not a whole number"),
    ],
)
def test_a_value_that_breaks_a_rule_is_told_with_line_column_and_reason(
    county: County, field: int, value: str, column: str, reason: str
) -> None:
    rows = [stas(number) for number in range(1, 101)]
    rows[41] = stas(42, other={field: value})
    county.send(f"{CALPADS}/own.txt", caret(rows))
    record = county.run_one("calpads")
    assert (record.outcome, record.rows_in, record.rows_loaded) == ("loaded", 100, 99)
    assert (42, column, reason) in county.reasons(record)
    private = column == "SSID" or not value
    assert county.rejects(record)[0]["value"] == (None if private else value)


@pytest.mark.parametrize("value", ["180", "180.0", "180.00", "180.000", "+180", "180."])
def test_a_number_may_be_written_in_several_ways(county: County, value: str) -> None:
    county.send(f"{CALPADS}/own.txt", caret([stas(1, other={15: value})]))
    county.run("calpads")
    assert county.lake("calpads/stas")[0]["days_expected"] == Decimal("180.00")


@pytest.mark.parametrize("value", ["2023105", "2023815", "20231315", "2023-08-15", "00230815", "20230815 "])
def test_a_date_of_eight_digits_is_read_only_as_eight(county: County, value: str) -> None:
    rows = [senr(number) for number in range(1, 101)]
    rows[0][21] = value
    county.send(f"{CALPADS}/own.txt", caret(rows))
    record = county.run_one("calpads")
    if value.strip() == "20230815":
        assert record.rows_rejected == 0
    else:
        assert county.reasons(record) == [(1, "Enrollment Start Date", "is not a date like 20231005")]


def test_several_years_in_one_file_each_become_a_period(county: County) -> None:
    rows = [stas(1), stas(1, other={6: "2022-2023"}), stas(2)]
    county.send(f"{CALPADS}/own.txt", caret(rows))
    record = county.run_one("calpads")
    assert record.periods == ("2022-23", "2023-24")
    assert county.periods("calpads/stas") == ["2022-23", "2023-24"]
    assert record.rows_loaded == 3
