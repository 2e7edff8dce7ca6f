"""What is found in a sender's folder, and how it lands."""

from __future__ import annotations

import logging
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.ledger import Record, read_records_of
from ingestion.pull import PullError, pull_new_files, sent_at
from tests.ingestion.county import ABS, AERIES, ATT, LEA, County, absence_code, absences, csv


def pulled(county: County, kind: str = "sis", sender: str = LEA) -> list[str]:
    """Names of the deliveries that wait, in the order in which they will be loaded."""
    ids = pull_new_files(county.settings, county.registry, sender, kind)
    by_id = {record.delivery_id: record for record in read_records_of(county.settings, sender)}
    return [by_id[one].name for one in ids]


def test_a_file_that_is_still_being_sent_is_left_alone(county: County) -> None:
    for name in (".STU.csv", "STU.csv.part", "STU.csv.tmp", "STU.csv.filepart", "~STU.csv"):
        county.send(f"{AERIES}/{name}", "half a")
    assert pulled(county) == []
    assert not any(county.settings.ledger.rglob("*.json"))


def test_a_folder_per_school_year_tells_the_school_year(county: County) -> None:
    county.send(f"{LEA}/aeries/2022-23/ABS_20220801.csv", csv(ABS, [absence_code("A")]))
    county.send(f"{LEA}/aeries/2023-24/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    county.send(f"{LEA}/aeries/old files/ABS.csv", csv(ABS, [absence_code("A")]))
    county.send(f"{LEA}/aeries/2023-25/ABS.csv", csv(ABS, [absence_code("A")]))
    assert pulled(county) == ["2022-23/ABS_20220801.csv", "2023-24/ABS_20230801.csv"]
    hints = {record.name: record.school_year_hint for record in county.records().values()}
    assert hints == {"2022-23/ABS_20220801.csv": "2022-23", "2023-24/ABS_20230801.csv": "2023-24"}


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("ATT_20231112.csv", datetime(2023, 11, 12, tzinfo=UTC)),
        ("ATT_202310_20231112.csv", datetime(2023, 11, 12, tzinfo=UTC)),
        ("ATT_20231112.csv.gz", datetime(2023, 11, 12, tzinfo=UTC)),
        ("20231112.csv", datetime(2023, 11, 12, tzinfo=UTC)),
        ("ATT.csv", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("ATT_20231399.csv", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("ATT_1234567890.csv", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("ATT_20231112_final.csv", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ],
)
def test_a_file_was_sent_on_the_date_at_the_end_of_its_name_else_when_it_was_written(
    tmp_path: Path, name: str, sent: datetime
) -> None:
    path = tmp_path / name
    path.write_text("x")
    moment = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    assert sent_at(path) == sent


def test_deliveries_wait_in_the_order_of_their_sending(county: County) -> None:
    for day in ("20231203", "20231103", "20231110"):
        county.send(f"{AERIES}/ATT_{day}.csv", csv(ATT, absences(1)))
    assert pulled(county) == [f"2023-24/ATT_{day}.csv" for day in ("20231103", "20231110", "20231203")]


def test_what_an_earlier_run_received_and_did_not_load_still_waits(county: County) -> None:
    path = county.send(f"{AERIES}/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]
    path.unlink()
    county.send(f"{AERIES}/STU.csv.part", "")
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]


def test_an_lea_without_its_folder_is_an_error_that_says_what_was_expected(county: County) -> None:
    with pytest.raises(PullError) as error:
        pulled(county)
    told = str(error.value)
    assert "Elm Unified (1999001) has no folder 1999001/aeries/{school_year}" in told
    assert "expected a folder per school year, such as 1999001/aeries/2023-24" in told
    with pytest.raises(PullError, match=r"has no folder 1999001/calpads below .*; expected 1999001/calpads"):
        pulled(county, "calpads")


def test_without_the_states_files_the_run_goes_on_and_says_how_to_get_them(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    state = county.registry.state
    sends = {"cde": state.sends["cde"].model_copy(update={"fetch": ("https://example.org/x.txt",)})}
    county = County(
        county.settings, county.registry.model_copy(update={"state": state.model_copy(update={"sends": sends})})
    )
    with caplog.at_level(logging.WARNING):
        assert pulled(county, "state", "00") == []
    assert "no cde files in" in caplog.text
    assert "attendance fetch" in caplog.text


def test_without_a_survey_the_run_goes_on(county: County) -> None:
    assert pulled(county, "survey", "19") == []


def test_what_else_the_state_publishes_is_nobodys_delivery(county: County) -> None:
    folder = county.settings.public / "cde"
    folder.mkdir(parents=True)
    for name in ("directory.parquet", "readme.txt"):
        (folder / name).write_text("x")
    assert pulled(county, "state", "00") == []
    assert county.records("00") == {}


def test_a_file_that_no_contract_knows_is_refused_and_told(county: County) -> None:
    county.send(f"{AERIES}/photos.zip", "x")
    record = county.run_one()
    assert (record.outcome, record.file) == ("refused", None)
    assert "No contract knows a file of this name" in str(record.message)
    assert "STU*.csv" in str(record.message)


def test_landing_is_the_bytes_as_received_and_its_owners_alone(county: County) -> None:
    content = b"\xef\xbb\xbfSC,CD\r\n\xff not even text"
    county.send(f"{AERIES}/ABS_20230801.csv", content)
    pulled(county)
    digest = next(iter(county.records().values())).digest
    landed = county.settings.landing / digest[:2] / digest
    assert landed.read_bytes() == content
    for path in [county.settings.landing, *county.settings.landing.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_folder_that_others_could_read_is_closed_again(county: County) -> None:
    county.settings.landing.mkdir(parents=True, mode=0o755)
    county.send(f"{AERIES}/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    pulled(county)
    assert stat.S_IMODE(county.settings.landing.stat().st_mode) == 0o700


def test_an_unchanged_file_is_not_received_twice(county: County) -> None:
    path = county.send(f"{AERIES}/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    county.run()
    before = {one: one.read_bytes() for one in county.settings.ledger.rglob("*.json")}
    path.touch()
    assert pulled(county) == []
    assert {one: one.read_bytes() for one in county.settings.ledger.rglob("*.json")} == before


def test_a_received_file_whose_landing_was_emptied_lands_again(county: County) -> None:
    county.send(f"{AERIES}/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    pulled(county)
    digest = next(iter(county.records().values())).digest
    (county.settings.landing / digest[:2] / digest).unlink()
    assert [record.outcome for record in county.run()] == ["loaded"]


def test_a_delivery_is_known_by_sender_source_name_date_and_bytes(county: County) -> None:
    seen: set[str] = set()

    def receive(path: str, content: str) -> None:
        county.send(path, content)
        pulled(county)
        ids = {path.stem for path in county.settings.ledger.rglob("*.json")}
        assert len(ids) == len(seen) + 1
        seen.update(ids)

    receive(f"{AERIES}/ABS_20230801.csv", "one")
    receive(f"{AERIES}/ABS_20230801.csv", "two")
    receive(f"{AERIES}/ABS_20230802.csv", "two")
    receive(f"{LEA}/aeries/2022-23/ABS_20230802.csv", "two")
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in seen)


def test_the_record_of_a_received_file_says_what_it_is(county: County) -> None:
    county.send(f"{AERIES}/ABS_20230801.csv", "abc")
    pulled(county)
    record: Record = county.records()["ABS_20230801.csv"]
    assert record.outcome == "received"
    assert (record.sender, record.source, record.file) == (LEA, "aeries", "absence_codes")
    assert (record.size_bytes, record.rows_in, record.loaded_at, record.message) == (3, 0, None, None)
    assert record.sent_at == datetime(2023, 8, 1, tzinfo=UTC)
