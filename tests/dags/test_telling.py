"""What is told of a run: who failed, by name, and what was refused in it, not before."""

from __future__ import annotations

from datetime import UTC, datetime

from attendance.airflow.telling import failed_senders, refused_since
from attendance.settings import PROJECT
from ingestion.ledger import Record
from ingestion.registry import KINDS, read_registry


def refused(name: str, hour: int, source: str = "aeries") -> Record:
    when = datetime(2024, 6, 26, hour, tzinfo=UTC)
    return Record(
        delivery_id="0" * 16,
        sender="1999001",
        source=source,
        file=None,
        name=name,
        digest="0" * 64,
        size_bytes=1,
        school_year_hint=None,
        sent_at=when,
        received_at=when,
        loaded_at=when,
        outcome="refused",
        message="The file is empty. Send it again.",
    )


def test_a_failed_task_is_told_by_its_sender() -> None:
    states = {
        "senders": "success",
        "lea.pull_0": "success",
        "lea.pull_1": "failed",
        "lea.load_1": "upstream_failed",
        "slow_lea.load_0": "failed",
        "tell": "running",
    }
    listed = {
        "lea": [{"code": "1999001", "name": "Alder Unified"}, {"code": "1999002", "name": "Birch Elementary"}],
        "slow_lea": [{"code": "1999003", "name": "Cedar Unified"}],
    }
    assert failed_senders(states, listed) == [
        "Birch Elementary: pull failed; the last good data stays.",
        "Cedar Unified: load failed; the last good data stays.",
    ]


def test_a_task_that_is_nobodys_is_told_by_its_own_name() -> None:
    assert failed_senders({"senders": "failed", "lea.pull": "upstream_failed"}, {"lea": []}) == ["senders failed."]


def test_what_was_refused_in_this_run_is_told_and_what_was_refused_before_is_not() -> None:
    registry = read_registry(PROJECT / "config")
    records = [refused("STU_old.csv", 1), refused("STU_new.csv", 3), refused("log.csv", 3, "interventions")]
    since = datetime(2024, 6, 26, 2, tzinfo=UTC)
    assert refused_since(records, registry, KINDS["sis"], since) == [
        "Alder Unified: STU_new.csv was refused. The file is empty. Send it again."
    ]
