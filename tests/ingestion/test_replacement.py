"""What a delivery replaces, which of two deliveries counts, and that a rerun changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.load import load_landed, load_sender
from tests.ingestion.county import AERIES, ATT, LEA, SECRET, STU, County, absence, absences, county_at, csv, student


def numbers(county: County) -> dict[str, int]:
    """Rows of attendance in the lake, by month."""
    found: dict[str, int] = dict.fromkeys(county.periods("aeries/attendance"), 0)
    for row in county.lake("aeries/attendance"):
        found[f"{row['school_date']:%Y-%m}"] += 1
    return found


def test_a_later_delivery_replaces_the_whole_month_of_an_earlier_one(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(5) + absences(3, "2023-09-05")))
    county.run()
    assert numbers(county) == {"2023-09": 3, "2023-10": 5}
    county.send(f"{AERIES}/ATT_20231110.csv", csv(ATT, absences(2, "2023-10-09")))
    assert county.run_one().periods == ("2023-10",)
    assert numbers(county) == {"2023-09": 3, "2023-10": 2}


def test_a_delivery_replaces_every_month_between_its_first_and_its_last_day(county: County) -> None:
    county.send_codes()
    for month in ("09", "10", "11"):
        county.send(f"{AERIES}/ATT_2023{month}30.csv", csv(ATT, absences(5, f"2023-{month}-05")))
    county.run()
    county.send(f"{AERIES}/ATT_20231201.csv", csv(ATT, [absence(1, "2023-09-06"), absence(1, "2023-11-06")]))
    assert county.run_one().periods == ("2023-09", "2023-10", "2023-11")
    assert numbers(county) == {"2023-09": 1, "2023-10": 0, "2023-11": 1}


def test_months_run_on_over_the_turn_of_the_year(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20240301.csv", csv(ATT, [absence(1, "2023-11-30"), absence(1, "2024-02-01")]))
    assert county.run_one().periods == ("2023-11", "2023-12", "2024-01", "2024-02")


def test_an_older_delivery_after_a_newer_one_changes_nothing(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231110.csv", csv(ATT, absences(2)))
    county.run()
    before = county.lake_digests()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(5)))
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_loaded, record.rows_rejected) == ("refused", 5, 0, 5)
    assert "a later delivery is already loaded: 2023-10" in str(record.message)
    assert {reason for _, _, reason in county.reasons(record)} == {"a later delivery of 2023-10 is already loaded"}
    assert {path: one for path, one in county.lake_digests().items() if path in before} == before


def test_an_older_delivery_still_fills_the_months_that_the_newer_one_does_not_cover(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231110.csv", csv(ATT, absences(2)))
    county.run()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(150) + absences(50, "2023-09-05")))
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_loaded, record.rows_rejected) == ("loaded", 200, 50, 150)
    assert "A later delivery of 2023-10 is already loaded" in str(record.message)
    assert numbers(county) == {"2023-09": 50, "2023-10": 2}


def test_rows_of_later_loaded_months_do_not_count_towards_the_limit_nor_hide_bad_rows(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231110.csv", csv(ATT, absences(2)))
    county.run()
    bad = [absence(900, "2023-09-05", SC="x")]
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(900) + absences(50, "2023-09-05") + bad))
    record = county.run_one()
    assert record.outcome == "refused"
    assert "1 of 51 rows (2.0%) are rejected" in str(record.message)


def test_the_same_bytes_again_are_unchanged(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(5)))
    county.run()
    before = county.lake_digests()
    county.send(f"{AERIES}/ATT_20231102.csv", csv(ATT, absences(5)))
    record = county.run_one()
    assert (record.outcome, record.file, record.rows_in, record.rows_loaded) == ("unchanged", "attendance", 0, 0)
    assert county.lake_digests() == before


def test_the_same_bytes_in_another_years_folder_are_that_years(county: County) -> None:
    for year in ("2022-23", "2023-24"):
        county.send(f"{LEA}/aeries/{year}/STU_20230901.csv", csv(STU, [student(1)]))
    assert [one.outcome for one in county.run()] == ["loaded", "loaded"]
    assert county.periods("aeries/students") == ["2022-23", "2023-24"]


@pytest.mark.parametrize("same_name", [False, True])
def test_a_correction_that_is_taken_back_is_taken_back(county: County, same_name: bool) -> None:
    county.send_codes()
    for day, rows in (("01", 5), ("02", 3), ("03", 5)):
        county.send(f"{AERIES}/ATT_202311{'01' if same_name else day}.csv", csv(ATT, absences(rows)))
        county.run()
        assert numbers(county) == {"2023-10": rows}


def test_what_was_confirmed_by_the_same_bytes_is_not_replaced_by_what_was_sent_in_between(county: County) -> None:
    county.send_codes()
    for day, rows in (("01", 5), ("03", 5), ("02", 3)):
        county.send(f"{AERIES}/ATT_202311{day}.csv", csv(ATT, absences(rows)))
        county.run()
    assert {name: record.outcome for name, record in county.records().items() if "ATT" in name} == {
        "ATT_20231101.csv": "loaded",
        "ATT_20231103.csv": "unchanged",
        "ATT_20231102.csv": "refused",
    }
    assert numbers(county) == {"2023-10": 5}


def test_bytes_of_which_a_part_was_replaced_meanwhile_are_loaded_again(county: County) -> None:
    county.send_codes()
    both = csv(ATT, absences(5) + absences(3, "2023-09-05"))
    county.send(f"{AERIES}/ATT_20231101.csv", both)
    county.send(f"{AERIES}/ATT_20231102.csv", csv(ATT, absences(1)))
    county.run()
    assert numbers(county) == {"2023-09": 3, "2023-10": 1}
    county.send(f"{AERIES}/ATT_20231103.csv", both)
    assert county.run_one().outcome == "loaded"
    assert numbers(county) == {"2023-09": 3, "2023-10": 5}


def test_a_students_file_replaces_its_year_and_no_other(county: County) -> None:
    county.send(f"{LEA}/aeries/2022-23/STU_20220901.csv", csv(STU, [student(1), student(2)]))
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(1), student(2)]))
    county.send(f"{AERIES}/STU_20230902.csv", csv(STU, [student(3)]))
    county.run()
    years = [row["school_year"] for row in county.lake("aeries/students")]
    assert years == ["2022-23", "2022-23", "2023-24"]


def test_loading_a_loaded_delivery_again_does_nothing_and_a_refused_one_is_tried_again(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/STU_20230901.csv", csv([*STU, "EXTRA"], [student(1)]))
    ids = [record.delivery_id for record in county.run()]
    before = {record.name: record.loaded_at for record in county.records().values()}
    outcomes = load_landed(county.settings, county.registry, ids)
    assert [record.outcome for record in outcomes] == ["loaded", "refused"]
    assert outcomes[0].loaded_at == before[outcomes[0].name]
    assert outcomes[1].loaded_at != before[outcomes[1].name]
    assert [one.outcome for one in load_sender(county.settings, county.registry, LEA)] == ["refused"]


def test_the_order_in_which_deliveries_arrive_makes_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTENDANCE_SECRET", SECRET)
    files = {
        f"{AERIES}/ATT_20231001.csv": csv(ATT, absences(5, "2023-09-05")),
        f"{AERIES}/ATT_20231101.csv": csv(ATT, absences(400) + absences(300, "2023-09-06")),
        f"{AERIES}/ATT_20231110.csv": csv(ATT, absences(300)),
    }
    found = []
    for number, order in enumerate([[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]]):
        other = county_at(tmp_path / str(number))
        other.send_codes()
        for place in order:
            path = list(files)[place]
            other.send(path, files[path])
            other.run()
        found.append({path: one for path, one in other.lake_digests().items() if path.startswith("lake")})
    assert all(one == found[0] for one in found)
    assert len(found[0]) == 3
