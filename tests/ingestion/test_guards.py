"""What would quietly take good data away: a file cut short, one wrong date, a school that nobody told the county of."""

from __future__ import annotations

from ingestion.load import load_sender
from tests.ingestion.county import AERIES, ATT, CALPADS, LEA, County, absence, absences, csv


def accepting_smaller(county: County) -> County:
    """The same county, told to accept a smaller delivery of Aeries."""
    told = county.registry.model_dump()
    told["leas"][0]["sends"]["aeries"]["accept_smaller"] = True
    return County(county.settings, type(county.registry).model_validate(told))


def test_a_month_that_would_lose_more_than_half_its_rows_is_refused_and_stays(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(200)))
    county.run()
    county.send(f"{AERIES}/ATT_20231110.csv", csv(ATT, absences(99)))
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_rejected) == ("refused", 99, 99)
    assert "99 rows of 2023-10, where the last delivery had 200" in str(record.message)
    assert "accept_smaller" in str(record.message)
    assert len(county.lake("aeries/attendance")) == 200


def test_one_wrong_date_does_not_empty_the_months_that_it_reaches_over(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(200)))
    county.run()
    county.send(f"{AERIES}/ATT_20231201.csv", csv(ATT, [absence(1, "2023-09-06"), *absences(200, "2023-11-06")]))
    assert county.run_one().outcome == "refused"
    assert len(county.lake("aeries/attendance")) == 200


def test_half_the_rows_are_enough_and_a_small_month_may_shrink_to_any_size(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(200) + absences(99, "2023-09-06")))
    county.run()
    county.send(f"{AERIES}/ATT_20231110.csv", csv(ATT, absences(100) + absences(1, "2023-09-06")))
    assert county.run_one().outcome == "loaded"
    assert len(county.lake("aeries/attendance")) == 101


def test_a_smaller_delivery_is_loaded_where_the_registry_accepts_it(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(200)))
    county.run()
    county.send(f"{AERIES}/ATT_20231110.csv", csv(ATT, absences(3)))
    assert county.run_one().outcome == "refused"
    told = accepting_smaller(county)
    assert [record.outcome for record in load_sender(told.settings, told.registry, LEA)] == ["loaded"]
    assert len(county.lake("aeries/attendance")) == 3


def test_rows_of_a_school_that_the_registry_does_not_know_are_rejected_and_refuse_nothing(county: County) -> None:
    county.send_codes()
    rows = absences(10) + [{**row, "SC": "999"} for row in absences(5)]
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, rows))
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_loaded, record.rows_rejected) == ("loaded", 15, 10, 5)
    assert "5 rows are of schools that the registry does not know" in str(record.message)
    assert "config/leas/" in str(record.message)
    assert {(column, reason) for _, column, reason in county.reasons(record)} == {
        ("SC", "is not a school of this LEA in the registry")
    }
    assert {row["value"] for row in county.rejects(record)} == {"999"}


def test_a_file_of_unknown_schools_only_is_refused_with_what_to_do(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, [{**row, "SC": "999"} for row in absences(5)]))
    record = county.run_one()
    assert (record.outcome, record.rows_rejected) == ("refused", 5)
    assert "config/leas/" in str(record.message)


def test_a_calpads_school_is_known_by_its_seven_digits(county: County) -> None:
    fields = ["SENR", "", "", LEA, "9999999", "", "2023-2024", "9100000001", "1", *[""] * 7, "", "F", "", "", ""]
    fields += ["20230814", "10", "05", "", "", ""]
    known = [*fields]
    known[4], known[7] = "9910101", "9100000002"
    county.send(f"{CALPADS}/senr_20240630.txt", "\r\n".join("^".join(row) for row in (fields, known)) + "\r\n")
    record = county.run_one("calpads")
    assert (record.outcome, record.rows_loaded, record.rows_rejected) == ("loaded", 1, 1)
    assert county.reasons(record) == [(1, "School of Attendance", "is not a school of this LEA in the registry")]
