"""What is published changes in one moment: whoever reads sees the old or the new, and no error."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from attendance.settings import PROJECT
from publishing import publish as publication
from publishing.publish import PublicationError, publish, roll_back
from publishing.serving import swap
from publishing.serving.load import APPLICATION, grant_nothing
from publishing.serving.swap import SwapError
from tests.serving.conftest import READER, Place, let_read

PUBLICATIONS = 20


@contextmanager
def reading(place: Place, folder: Path) -> Iterator[dict[str, object]]:
    """Fifty readers meanwhile; what they saw is in the dictionary afterwards."""
    stop = folder / "stop"
    told: dict[str, object] = {}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.serving.readers", place.as_role(READER), str(stop)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield told
    finally:
        stop.touch()
        said, trouble = process.communicate(timeout=60)
    assert process.returncode == 0, trouble[-4000:]
    told.update(json.loads(said))


def test_fifty_readers_see_no_error_and_no_mixture_during_twenty_publications(place: Place, tmp_path: Path) -> None:
    publish(place.settings, grant=let_read)
    with reading(place, tmp_path) as told:
        for version in range(2, PUBLICATIONS + 2):
            publish(place.build(version), grant=let_read)
        time.sleep(0.5)
    versions, reads = told["versions"], told["reads"]
    assert isinstance(versions, list)
    assert isinstance(reads, dict)
    # most were seen while they lasted, and the last one was
    assert len(versions) > PUBLICATIONS / 2
    assert versions[-1] == PUBLICATIONS + 1
    assert min(reads.values()) > 5 * PUBLICATIONS, reads
    assert len(reads) == 5
    print(told)


def test_what_is_kept_and_what_is_removed(place: Place) -> None:
    for version in (1, 2, 3):
        publish(place.build(version), grant=let_read)
    found = place.ask("select nspname::text from pg_namespace where nspname ~ '^(marts|open_data)' order by nspname")
    assert [row[0] for row in found] == ["marts", "marts_before", "open_data", "open_data_before"]
    assert place.ask("select distinct version from marts_before.stamp_left") == [(2,)]


def test_readers_may_enter_what_is_published_and_nothing_else(place: Place) -> None:
    for version in (1, 2):
        publish(place.build(version), grant=let_read)
    with psycopg.connect(place.as_role(READER), autocommit=True) as reader:
        assert reader.execute("select distinct version from marts.stamp_left").fetchall() == [(2,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema marts_before"):
            reader.execute("select * from marts_before.stamp_left")
        roll_back(place.settings)
        assert reader.execute("select distinct version from marts.stamp_left").fetchall() == [(1,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema marts_before"):
            reader.execute("select * from marts_before.stamp_left")


def test_who_is_let_in_no_more_is_out_after_a_rollback_too(place: Place) -> None:
    publish(place.settings, grant=let_read)
    publish(place.build(2), grant=grant_nothing)
    roll_back(place.settings)
    with (
        psycopg.connect(place.as_role(READER)) as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema marts"),
    ):
        reader.execute("select * from marts.stamp_left")


def test_a_transaction_that_began_before_the_load_does_not_find_new_tables_empty(place: Place) -> None:
    publish(place.settings, grant=let_read)
    place.build(2)
    with place.connect(autocommit=False) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        # a snapshot, and not one table of ours: no lock will hold the swap back
        reader.execute("select count(*) from pg_database")
        working = threading.Thread(target=publish, args=(place.settings,))
        working.start()
        working.join(timeout=2.0)
        assert working.is_alive()
        assert reader.execute("select distinct version from marts.stamp_left").fetchall() == [(1,)]
        reader.commit()
        working.join(timeout=30)
    assert place.ask("select distinct version from marts.stamp_left") == [(2,)]


def test_a_snapshot_that_never_ends_stops_the_publication_and_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(place.settings)
    place.build(2)
    monkeypatch.setattr(swap.wait_for_snapshots, "__defaults__", (0.3,))
    with place.connect(autocommit=False) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("select 1")
        with pytest.raises(
            SwapError, match=rf"was reading in one transaction: postgres \(process {reader.info.backend_pid}\)"
        ):
            publish(place.settings)
    assert place.ask("select distinct version from marts.stamp_left") == [(1,)]
    publish(place.settings)
    assert place.ask("select distinct version from marts.stamp_left") == [(2,)]


def test_a_reader_that_never_ends_stops_the_swap_and_others_read_on(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(place.settings)
    place.build(2)
    monkeypatch.setattr(swap.arrange, "__defaults__", (None, 1.5))
    waits: list[float] = []
    over = threading.Event()

    def read_on() -> None:
        with place.connect() as other:
            while not over.is_set():
                began = time.monotonic()
                other.execute("select count(*) from marts.stamp_right, marts.stamp_left")
                waits.append(time.monotonic() - began)

    with place.connect(autocommit=False) as reader:
        reader.execute("select count(*) from marts.stamp_left")
        working = threading.Thread(target=read_on)
        working.start()
        with pytest.raises(
            SwapError, match=rf"was reading in one transaction: postgres \(process {reader.info.backend_pid}\)"
        ):
            publish(place.settings)
        over.set()
        working.join()
        # and the reader itself, though we waited for it and it would have waited for us
        reader.execute("select count(*) from marts.stamp_right")
    # a wait at the lock is a fraction of the second after which PostgreSQL would look for a deadlock
    assert max(waits) < 0.9
    assert place.ask("select distinct version from marts.stamp_left") == [(1,)]
    assert place.settings.building.exists()


def test_a_schema_that_no_publication_made_is_left_alone(place: Place) -> None:
    with place.connect() as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.mine as select 1 as a")
    with pytest.raises(SwapError, match="a schema marts that no publication made"):
        publish(place.settings)
    assert place.ask("select a from marts.mine") == [(1,)]
    assert not place.settings.warehouse.exists()


def test_a_second_publication_on_the_same_server_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "SECONDS_FOR_OTHERS", 0.3)
    with (
        place.connect() as other,
        swap.alone(other, "someone else's"),
        pytest.raises(SwapError, match="Another publication is at work on this PostgreSQL"),
    ):
        publish(place.settings)


def test_what_a_killed_publication_left_running_is_ended_and_nobody_elses(place: Place) -> None:
    with (
        place.connect(application_name=APPLICATION) as left,
        place.connect(application_name=APPLICATION, dbname="postgres") as of_another_database,
        place.connect() as reader,
    ):
        left.execute("create schema marts_next")
        publish(place.settings)
        with pytest.raises(psycopg.OperationalError):
            left.execute("select 1")
        assert of_another_database.execute("select 1").fetchone() == reader.execute("select 1").fetchone()
    assert place.ask("select 1 from pg_namespace where nspname = 'marts_next'") == []


def test_where_a_later_step_fails_postgres_is_taken_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(place.settings, grant=let_read)
    publish(place.build(2), grant=let_read)
    place.build(3)
    with monkeypatch.context() as broken:
        _break_once(broken)
        with pytest.raises(OSError, match="planted"):
            publish(place.settings, grant=let_read)
    assert place.ask("select distinct version from marts.stamp_left") == [(2,)]
    # and so is what a rollback would bring back
    roll_back(place.settings)
    assert place.ask("select distinct version from marts.stamp_left") == [(1,)]
    roll_back(place.settings)
    publish(place.settings, grant=let_read)
    assert place.ask("select distinct version from marts.stamp_left") == [(3,)]


def _break_once(patch: pytest.MonkeyPatch) -> None:
    """Let the last step fail, and not the way back."""
    original = publication.place

    def broken(*_: object) -> None:
        patch.setattr(publication, "place", original)
        raise OSError("planted")

    patch.setattr(publication, "place", broken)


def test_where_a_first_publication_fails_postgres_has_nothing_to_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        _break_once(broken)
        with pytest.raises(OSError, match="planted"):
            publish(place.settings)
    assert place.ask("select 1 from pg_namespace where nspname in ('marts', 'open_data')") == []
    publish(place.settings)
    assert place.ask("select distinct version from marts.stamp_left") == [(1,)]


def test_without_an_earlier_publication_there_is_nothing_to_go_back_to(place: Place) -> None:
    publish(place.settings)
    with pytest.raises(PublicationError, match="There is nothing to go back to"):
        roll_back(place.settings)
    assert place.ask("select distinct version from marts.stamp_left") == [(1,)]
