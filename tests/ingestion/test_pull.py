"""What is found in a sender's folder, and how it lands."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import stat
import time
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Timer

import pytest

from attendance.settings import Settings
from ingestion import landing, pull
from ingestion.ledger import Record, read_records_of, write_record
from ingestion.pull import PullError, pull_new_files, sent_at
from ingestion.registry import Outbox, Registry
from ingestion.transports import folder
from ingestion.transports.sending import send
from tests.ingestion.county import (
    ABS,
    AERIES,
    ATT,
    CALPADS,
    LEA,
    SECRET,
    STU,
    County,
    absence_code,
    absences,
    caret,
    csv,
    stas,
    student,
)


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


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read for their digest; a file counts as standing still from the first moment."""
    read: list[str] = []

    def digest_of(path: Path) -> str:
        read.append(path.name)
        return landing.digest_of(path)

    monkeypatch.setattr(pull, "digest_of", digest_of)
    monkeypatch.setattr(folder, "JUST_NOW", 0.0)
    return read


def test_a_file_that_has_not_changed_is_not_read_again(county: County, reads: list[str]) -> None:
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(1)]))
    county.send(f"{CALPADS}/a_20240701.txt", caret([stas(1)]))
    assert len(pulled(county)) == len(pulled(county, "calpads")) == 1
    assert sorted(reads) == ["STU_20230901.csv", "a_20240701.txt"]
    assert len(pulled(county)) == len(pulled(county, "calpads")) == 1
    assert len(reads) == 2
    # what is known of its files is to be lost, or damaged, without harm
    (county.settings.arrivals / LEA / "read.json").write_text("half a")
    assert len(pulled(county)) == 1
    assert len(reads) == 3
    assert len(read_records_of(county.settings, LEA)) == 2


def test_other_bytes_of_the_same_size_and_time_are_received(county: County, reads: list[str]) -> None:
    path = county.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(1)]))
    pulled(county)
    before = path.stat()
    time.sleep(0.05)  # the tick of a file system's clock
    for other in (path, path.with_suffix(".new")):
        # as rsync --inplace does, and as rsync and cp do
        other.write_text(csv(STU, [student(2 if other == path else 3)]))
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
        other.replace(path)
        assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        pulled(county)
    assert len({record.digest for record in read_records_of(county.settings, LEA)}) == len(reads) == 3


def test_a_file_that_changed_just_now_is_read_each_time(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "JUST_NOW", 3600.0)
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(1)]))
    pulled(county)
    assert not (county.settings.arrivals / LEA / "read.json").exists()


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


# files that are still being written, checksums, archives


def watching(county: County, seconds: float) -> County:
    """The same county, where young files are looked at twice."""
    return County(replace(county.settings, settle_seconds=seconds), county.registry)


def test_a_file_that_grows_is_left_until_it_stands_still_and_an_old_one_makes_nobody_wait(county: County) -> None:
    county = watching(county, 0.6)
    old = county.send(f"{AERIES}/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    os.utime(old, (0, 1_690_000_000))
    began = time.monotonic()
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]
    assert time.monotonic() - began < 0.6
    growing = county.send(f"{AERIES}/ATT_20231101.csv", "half a")
    timer = Timer(0.2, lambda: growing.write_text("half a file"))
    timer.start()
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]
    timer.join()
    assert pulled(county) == ["2023-24/ABS_20230801.csv", "2023-24/ATT_20231101.csv"]


def test_on_our_own_disk_a_file_that_has_stood_still_long_enough_makes_nobody_wait(county: County) -> None:
    county = watching(county, 2.0)
    path = county.send(f"{AERIES}/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    moment = time.time() - 3
    os.utime(path, (moment, moment))
    county.settings.home.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    assert len(pulled(county)) == 1
    assert time.monotonic() - began < 1.5


def test_young_files_make_a_sender_wait_once_for_all_its_sources(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = county.registry.model_dump(mode="json", exclude_defaults=True)
    told["leas"][0]["sends"] = {source: {"folder": f"{LEA}/{source}"} for source in ("interventions", "panorama")}
    county = watching(County(county.settings, Registry.model_validate(told)), 0.5)
    soon = time.time() + 30  # young, however slow this machine is
    for source in ("interventions", "panorama"):
        for day in range(10, 20):
            path = county.send(f"{LEA}/{source}/log_202311{day}.csv", "x")
            os.utime(path, (soon, soon))
    waits: list[float] = []
    sleep = time.sleep

    def watched(seconds: float) -> None:
        waits.append(seconds)
        sleep(seconds)

    monkeypatch.setattr("ingestion.pull.time.sleep", watched)
    assert len(pulled(county, "interventions")) == 20
    assert 0.4 <= sum(waits) <= 0.5


def test_a_file_is_checked_against_the_checksum_beside_it(county: County, caplog: pytest.LogCaptureFixture) -> None:
    content = csv(ABS, [absence_code("A")])
    path = county.send(f"{AERIES}/ABS_20230801.csv", content[:-9])
    county.send(f"{AERIES}/ABS_20230801.csv.sha256", hashlib.sha256(content.encode()).hexdigest() + "\n")
    with caplog.at_level(logging.WARNING):
        assert pulled(county) == []
    record = county.records()["ABS_20230801.csv"]
    assert record.outcome == "refused"
    assert "are not what ABS_20230801.csv.sha256 says" in str(record.message)
    assert "refused. Its bytes are not" in caplog.text
    path.write_text(content)
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]


def test_a_checksum_that_was_sent_again_lets_the_file_in(county: County) -> None:
    content = csv(ABS, [absence_code("A")])
    county.send(f"{AERIES}/ABS_20230801.csv", content)
    beside = county.send(f"{AERIES}/ABS_20230801.csv.md5", "0" * 32)
    assert pulled(county) == []
    refused = county.records()["ABS_20230801.csv"]
    assert pulled(county) == []
    assert county.records()["ABS_20230801.csv"] == refused
    beside.write_text(hashlib.md5(content.encode()).hexdigest() + "  ABS_20230801.csv\n")
    later = time.time() + 5
    os.utime(beside, (later, later))
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]
    assert len(county.records()) == 1


def test_a_list_of_checksums_that_does_not_speak_of_a_file_says_nothing_against_it(county: County) -> None:
    county.send(f"{AERIES}/SHA256SUMS", "0" * 64 + "  STU_20230801.csv\n")
    county.send(f"{AERIES}/ABS_20230801.csv", csv(ABS, [absence_code("A")]))
    assert pulled(county) == ["2023-24/ABS_20230801.csv"]


def test_a_zip_is_one_delivery_per_file_and_is_unpacked_once(county: County) -> None:
    path = county.settings.extracts / AERIES / "night_20231102.zip"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("out/ABS_20230801.csv", csv(ABS, [absence_code("A"), absence_code("I")]))
        archive.writestr("out/ATT_20231101.csv", csv(ATT, absences(3)))
    assert {record.name: record.outcome for record in county.run()} == {
        "2023-24/night_20231102.zip/out/ABS_20230801.csv": "loaded",
        "2023-24/night_20231102.zip/out/ATT_20231101.csv": "loaded",
    }
    before = {one: one.read_bytes() for one in county.settings.ledger.rglob("*.json")}
    assert pulled(county) == []
    shutil.rmtree(county.settings.arrivals)  # to be lost without harm
    assert pulled(county) == []
    assert {one: one.read_bytes() for one in county.settings.ledger.rglob("*.json")} == before


def test_a_run_that_was_killed_between_two_files_of_a_zip_loses_neither(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = county.settings.extracts / AERIES / "night_20231102.zip"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ABS_20230801.csv", csv(ABS, [absence_code("A")]))
        archive.writestr("ATT_20231101.csv", csv(ATT, absences(3)))
    written = []

    def killed(settings: Settings, record: Record) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(record)
        write_record(settings, record)

    monkeypatch.setattr("ingestion.pull.write_record", killed)
    with pytest.raises(KeyboardInterrupt):
        pulled(county)
    monkeypatch.undo()
    monkeypatch.setenv("ATTENDANCE_SECRET", SECRET)
    assert len(pulled(county)) == 2


def test_one_source_that_cannot_be_had_stops_no_other_of_its_sender(county: County) -> None:
    told = county.registry.model_dump(mode="json", exclude_defaults=True)
    told["leas"][0]["sends"]["panorama"] = {"folder": "nowhere"}
    told["leas"][0]["sends"]["interventions"] = {"folder": f"{LEA}/interventions"}
    county = County(county.settings, Registry.model_validate(told))
    county.send(f"{LEA}/interventions/log_20231101.csv", "x")
    with pytest.raises(PullError, match="has no folder nowhere") as error:
        pulled(county, "interventions")
    assert [record.delivery_id for record in county.records().values()] == error.value.waiting
    assert not error.value.is_permanent


def test_again_brings_back_the_bytes_of_what_was_loaded(county: County) -> None:
    county.send_codes()
    county.run()
    record = county.records()["ABS_20230801.csv"]
    landed = county.settings.landing / record.digest[:2] / record.digest
    landed.unlink()
    assert pulled(county) == []
    assert not landed.exists()
    days = (date(2023, 8, 1), date(2024, 6, 30))
    assert pull_new_files(county.settings, county.registry, LEA, "sis", again=days, source="aeries") == []
    assert landed.exists()
    assert county.records()["ABS_20230801.csv"] == record


def test_files_are_put_into_a_folder_whole(county: County, tmp_path: Path) -> None:
    page = tmp_path / "summary.html"
    page.write_text("all is well")
    outbox = Outbox(folder=f"{LEA}/outbox")
    assert send(county.settings, outbox, [(page, "summary.html")]) == ["summary.html"]
    page.write_text("all is well again")
    send(county.settings, outbox, [(page, "summary.html")])
    folder = county.settings.extracts / LEA / "outbox"
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("summary.html", "all is well again")]
    with pytest.raises(ValueError, match="climbs out"):
        send(county.settings, outbox, [(page, "../summary.html")])
