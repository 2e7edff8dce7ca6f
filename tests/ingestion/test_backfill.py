"""A stretch of time had again: what the lake has of it is written anew, by the same deliveries and by nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingestion.backfill import Backfill, BackfillError, find_again, reload
from ingestion.contract import read_contracts
from ingestion.landing import landed_path
from ingestion.ledger import Record
from tests.ingestion.county import AERIES, ATT, LEA, OTHER_LEA, SECRET, County, absences, county_at, csv


def asked(first: str, last: str, source: str = "aeries") -> Backfill:
    return Backfill.of(source, LEA, first, last)


def again(county: County, what: Backfill) -> list[Record]:
    return reload(county.settings, county.registry, find_again(county.settings, county.registry, LEA, what))


@pytest.fixture
def sent(county: County) -> County:
    """September to November, October sent twice, each loaded as it came."""
    county.send_codes()
    for month in ("09", "10", "11"):
        county.send(f"{AERIES}/ATT_2023{month}30.csv", csv(ATT, absences(5, f"2023-{month}-05")))
    county.run()
    county.send(f"{AERIES}/ATT_20231201.csv", csv(ATT, absences(7, "2023-10-09")))
    county.run()
    return county


def test_a_backfill_writes_what_is_there_already_to_the_same_bytes(sent: County) -> None:
    before = sent.lake_digests()
    lost = sent.settings.lake / "aeries" / "attendance" / LEA / "2023-10.parquet"
    lost.write_bytes(b"damaged")
    outcomes = again(sent, asked("2023-10-01", "2023-10-31"))
    assert {record.outcome for record in outcomes} == {"loaded"}
    assert sent.lake_digests() == before


def test_a_backfill_takes_up_only_what_it_is_asked_for(sent: County) -> None:
    months = {path.name: path.stat().st_mtime_ns for path in sent.settings.lake.rglob("2023-??.parquet")}
    names = {record.name.rpartition("/")[2] for record in again(sent, asked("2023-10-31", "2023-11-01"))}
    # the code table is of the whole year; the first October was replaced and holds nothing any more
    assert names == {"ABS_20230801.csv", "ATT_20231201.csv", "ATT_20231130.csv"}
    after = {path.name: path.stat().st_mtime_ns for path in sent.settings.lake.rglob("2023-??.parquet")}
    assert {name for name in months if months[name] == after[name]} == {"2023-09.parquet"}


def test_after_a_change_of_the_key_a_backfill_gives_every_student_the_new_pseudonym(
    sent: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTENDANCE_SECRET", f"{SECRET}, changed")
    again(sent, asked("2023-07-01", "2024-06-30"))
    fresh = county_at(tmp_path / "fresh")
    fresh.send_codes()
    for name in ("ATT_20230930.csv", "ATT_20231130.csv", "ATT_20231201.csv"):
        fresh.send(f"{AERIES}/{name}", (sent.settings.extracts / AERIES / name).read_bytes())
    fresh.run()
    keys = [[row["student_number_key"] for row in county.lake("aeries/attendance")] for county in (sent, fresh)]
    assert keys[0] == keys[1]


def test_bytes_that_the_landing_gave_up_are_had_again_from_the_sender(sent: County) -> None:
    before = sent.lake_digests()
    for record in sent.records().values():
        landed_path(sent.settings, record.digest).unlink(missing_ok=True)
    assert {record.outcome for record in again(sent, asked("2023-11-01", "2023-11-30"))} == {"loaded"}
    assert sent.lake_digests() == before


def test_bytes_that_nobody_has_any_more_are_named_and_the_lake_stays(sent: County) -> None:
    before = sent.lake_digests()
    november = sent.records()["ATT_20231130.csv"]
    landed_path(sent.settings, november.digest).unlink()
    (sent.settings.extracts / AERIES / "ATT_20231130.csv").unlink()
    with pytest.raises(BackfillError, match=r"ATT_20231130\.csv can be had neither"):
        again(sent, asked("2023-11-01", "2023-11-30"))
    assert sent.lake_digests() == before
    assert sent.records()["ATT_20231130.csv"] == november


def test_a_time_of_which_nothing_was_sent_is_said_to_be_empty(sent: County) -> None:
    with pytest.raises(BackfillError, match="has sent no aeries from 2020-10-01 to 2020-10-31"):
        again(sent, asked("2020-10-01", "2020-10-31"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ((None, None, "2023-10-01", "2023-10-31"), "needs source, from and to"),
        (("aeries", None, "2023-10-01", None), "needs source, from and to"),
        (("aeriez", None, "2023-10-01", "2023-10-31"), "No source aeriez. Known are aeries"),
        (("aeries", None, "10/01/2023", "2023-10-31"), "from is '10/01/2023': write a date like 2023-10-05"),
        (("aeries", None, "2023-10-31", "2023-10-01"), "before it begins"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_words(typed: tuple[str | None, ...], said: str) -> None:
    with pytest.raises(BackfillError, match=said):
        Backfill.of(*typed)


def test_an_lea_that_does_not_send_the_source_is_told_who_does(county: County) -> None:
    with pytest.raises(BackfillError, match=r"sends no synergy\. Those who do: nobody"):
        Backfill.of("synergy", LEA, "2023-10-01", "2023-10-31").senders(county.registry, "sis")
    with pytest.raises(BackfillError, match="belongs to sis"):
        Backfill.of("aeries", LEA, "2023-10-01", "2023-10-31").senders(county.registry, "calpads")
    assert [one.code for one in Backfill.of("aeries", None, "2023-10-01", "2023-10-31").senders(county.registry, "sis")]
    assert OTHER_LEA not in {one.code for one in county.registry.senders()}


def test_a_year_and_a_month_that_are_spelled_alike_are_told_apart() -> None:
    by_label = {contract.label: contract for contract in read_contracts()}
    what = Backfill("aeries", None, date(2012, 1, 1), date(2012, 1, 31))
    # 2011-12 is the school year to June 2012 in one file, and December 2011 in the other
    assert what.covers(by_label["aeries/students"], "2011-12")
    assert not what.covers(by_label["aeries/attendance"], "2011-12")
    assert what.covers(by_label["aeries/attendance"], "2012-01")
