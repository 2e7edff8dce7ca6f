"""The landing is emptied by a rule, and what the ledger knows does not come back."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from attendance.errors import MendableError
from attendance.settings import read_settings
from ingestion.landing import Emptied, empty_landing, landed_path
from ingestion.ledger import Record, write_record
from tests.ingestion.county import ABS, AERIES, ATT, LEA, County, absence_code, absences, csv

TODAY = date(2024, 6, 1)


def came(county: County, name: str, days_ago: int) -> Record:
    """The record of that name, as if it had come so many days before today."""
    record = county.records()[name]
    moment = datetime(2024, 6, 1, 3, tzinfo=UTC) - timedelta(days=days_ago)
    record = record.model_copy(update={"received_at": moment})
    write_record(county.settings, record)
    return record


def landed(county: County, record: Record) -> Path:
    """Where its bytes are or were."""
    return landed_path(county.settings, record.digest)


def test_what_is_loaded_goes_after_the_days_of_the_setting_and_is_not_taken_again(county: County) -> None:
    county.send_codes()
    county.run()
    record = came(county, "ABS_20230801.csv", 35)
    assert empty_landing(county.settings, TODAY) == Emptied()
    assert landed(county, record).exists()
    record = came(county, "ABS_20230801.csv", 36)
    assert empty_landing(county.settings, TODAY) == Emptied(done=(record.digest,))
    assert not landed(county, record).exists()
    assert county.run() == []  # it still lies in the sender's folder
    assert county.records()["ABS_20230801.csv"] == record
    assert len(county.lake("aeries/absence_codes")) == 2


def test_what_is_refused_or_waits_stays_thrice_as_long_and_goes_with_a_word(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    county.send(f"{AERIES}/STU_20230901.csv", "no table at all")
    county.run()
    assert county.records()["STU_20230901.csv"].outcome == "refused"
    record = came(county, "STU_20230901.csv", 105)
    assert empty_landing(county.settings, TODAY) == Emptied()
    record = came(county, "STU_20230901.csv", 106)
    with caplog.at_level(logging.WARNING):
        assert empty_landing(county.settings, TODAY) == Emptied(waiting=(record.digest,))
    assert "1999001 aeries 2023-24/STU_20230901.csv was refused 2024-02-16 and never loaded" in caplog.text
    moment = record.received_at.timestamp() - 1
    os.utime(county.settings.extracts / AERIES / "STU_20230901.csv", (moment, moment))
    assert county.run() == []


def test_what_was_refused_and_removed_is_taken_again_when_it_is_sent_again(county: County) -> None:
    path = county.send(f"{AERIES}/STU_20230901.csv", "no table at all")
    county.run()
    record = came(county, "STU_20230901.csv", 106)
    empty_landing(county.settings, TODAY)
    moment = record.received_at.timestamp() + 60
    os.utime(path, (moment, moment))
    assert [one.outcome for one in county.run()] == ["refused"]
    assert landed(county, record).exists()


def test_bytes_that_two_deliveries_share_go_when_the_last_may(county: County) -> None:
    county.send_codes(day="20230801")
    county.run()
    county.send_codes(day="20230802")
    county.run()
    old, new = came(county, "ABS_20230801.csv", 90), came(county, "ABS_20230802.csv", 3)
    assert old.digest == new.digest
    assert empty_landing(county.settings, TODAY) == Emptied()
    came(county, "ABS_20230802.csv", 50)
    assert empty_landing(county.settings, TODAY) == Emptied(done=(old.digest,))


def test_bytes_of_no_delivery_and_downloads_that_nobody_took_up_go_too(county: County) -> None:
    county.send_codes()
    county.run()
    folder = county.settings.landing
    (folder / "ab").mkdir()
    (folder / ".partial" / LEA).mkdir(parents=True)
    stray, young = folder / "ab" / ("ab" * 32), folder / "ab" / "young"
    partial = folder / ".partial" / LEA / "x.partial"
    answer, asked = folder / ".api" / LEA / "2023-24_STU_101.csv", folder / ".api" / LEA / "asked.json"
    answer.parent.mkdir(parents=True)
    for path in (stray, partial, young, answer, asked):
        path.write_text("x")
    noon = datetime(2024, 6, 1, 12, tzinfo=UTC).timestamp()
    for path, days in ((stray, 36), (partial, 36), (answer, 36), (asked, 36), (young, 35)):
        os.utime(path, (noon - days * 86400, noon - days * 86400))
    came(county, "ABS_20230801.csv", 1)
    assert empty_landing(county.settings, TODAY) == Emptied(strays=3)
    assert young.exists()
    assert asked.exists()
    assert not stray.exists()
    assert not partial.exists()


def test_the_days_are_a_setting_and_a_wrong_one_is_told(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENDANCE_LANDING_DAYS", "5")
    settings = replace(county.settings, landing_days=read_settings().landing_days)
    county.send_codes()
    county.run()
    came(county, "ABS_20230801.csv", 6)
    assert len(empty_landing(settings, TODAY).done) == 1
    for wrong in ("0", "a week", "-3"):
        monkeypatch.setenv("ATTENDANCE_LANDING_DAYS", wrong)
        with pytest.raises(MendableError, match="ATTENDANCE_LANDING_DAYS"):
            read_settings()


def test_a_load_after_the_landing_was_emptied_still_knows_what_it_has(county: County) -> None:
    county.send_codes()
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(5)))
    county.run()
    for name in ("ABS_20230801.csv", "ATT_20231101.csv"):
        came(county, name, 50)
    assert len(empty_landing(county.settings, TODAY).done) == 2
    county.send(f"{AERIES}/ATT_20231108.csv", csv(ATT, absences(5)))
    assert [record.outcome for record in county.run()] == ["unchanged"]
    county.send(f"{AERIES}/ABS_20230802.csv", csv(ABS, [absence_code("A"), absence_code("I")]))
    assert county.run()[0].outcome in {"loaded", "unchanged"}
