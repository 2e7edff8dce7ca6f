"""A publication killed at any moment leaves each thing old or new and whole, and running it again completes it."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from attendance.settings import PROJECT
from publishing import publish as publication
from publishing.publish import PublicationError, publish, roll_back
from publishing.release import read_record
from tests.serving.conftest import Place, let_read

# By the clock, over all that a publication does; and at a step of the swap, which is over in a few milliseconds.
BY_CLOCK, BY_STEP = 15, 15
STAMPS = ("marts.stamp_left", "marts.stamp_right", "open_data.goal_counts")
ALL = " union all ".join(f"select min(version), max(version), count(*) from {table}" for table in STAMPS)


class Publisher:
    """A process that publishes when it is told and is killed when it is told."""

    def __init__(self, place: Place) -> None:
        settings = place.settings
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.serving.killing",
                str(settings.home),
                str(settings.project),
                settings.postgres,
            ],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def publish(self, after: float | None = None, step: int | None = None) -> tuple[int, float]:
        """Publish, killed after so many seconds or before a step of the swap; returns exit code and seconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"after": after, "step": step}) + "\n")
        self._process.stdin.flush()
        code, seconds = json.loads(self._process.stdout.readline())
        return code, seconds

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@pytest.fixture
def publisher(place: Place) -> Iterator[Publisher]:
    made = Publisher(place)
    yield made
    made.end()


def one_version(rows: list[tuple[Any, ...]]) -> int:
    """The version that all tables have; fails where one is not whole or has another."""
    assert [row[2] for row in rows] == [400] * 3, rows
    (version,) = {row[0] for row in rows} | {row[1] for row in rows}
    assert isinstance(version, int)
    return version


def seen(place: Place) -> dict[str, int]:
    """The version of everything that people read, each proven whole."""
    settings = place.settings
    found = {"postgres": one_version(place.ask(ALL))}
    page = (settings.site / "index.html").read_text(encoding="utf-8")
    assert page.rstrip().endswith("</html>")
    stamp = re.search(r"Stamp ([\d.]+)\D*% ends\.", page)
    assert stamp
    found["site"] = round(float(stamp[1]) * 10)
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        found["warehouse"] = one_version(connection.execute(ALL).fetchall())
    with duckdb.connect(str(settings.copies / "county.duckdb"), read_only=True) as connection:
        found["copies"] = one_version(connection.execute(ALL).fetchall())
    files = sorted(path.name for path in settings.copies.iterdir())
    assert files == ["county.duckdb", *(f"district-9900{number}.duckdb" for number in (1, 2)), "public.duckdb"]
    for name in files:
        with duckdb.connect(str(settings.copies / name), read_only=True) as connection:
            rows = connection.execute("select distinct version from open_data.goal_counts").fetchall()
            assert rows == [(found["copies"],)]
    return found


def test_a_publication_killed_at_thirty_random_moments_leaves_old_or_new_and_is_completed(
    place: Place, publisher: Publisher
) -> None:
    chance = random.Random(20240615)
    assert publisher.publish()[0] == 0
    place.build(2)
    code, seconds = publisher.publish()
    assert code == 0
    version = 2
    mixed = 0
    # some come when all is done: then another, until enough have come before
    moments: list[dict[str, Any]] = [{"after": chance.uniform(0.05, 1.0) * seconds} for _ in range(2 * BY_CLOCK)]
    moments += [{"step": step} for step in chance.sample(range(1, 46), 2 * BY_STEP)]
    missing = {"after": BY_CLOCK, "step": BY_STEP}
    for moment in moments:
        (kind,) = moment
        if not missing[kind]:
            continue
        version += 1
        place.build(version)
        code, _ = publisher.publish(**moment)
        missing[kind] -= code < 0
        assert code in {0, -9}
        found = seen(place)
        assert set(found.values()) <= {version - 1, version}, (moment, found)
        mixed += len(set(found.values())) > 1
        if place.settings.building.exists() or read_record(place.settings).towards:
            assert publisher.publish()[0] == 0, moment
        assert set(seen(place).values()) == {version}, moment
        # what would be brought back is whole and of one publication too: looked at in a file, not by going there
        assert place.ask("select distinct version from marts_before.stamp_left") == [(version - 1,)], moment
        with duckdb.connect(str(place.settings.warehouse_before), read_only=True) as connection:
            assert connection.execute("select distinct version from marts.stamp_left").fetchall() == [(version - 1,)]
    assert missing == {"after": 0, "step": 0}
    assert mixed, "no kill came between two steps of the swap"
    assert not (place.settings.warehouse_before.parent / "attendance.duckdb.leaving").exists()
    # nothing is left behind by the last one that was not killed
    publish(place.build(version + 1), grant=let_read)
    assert not [path.name for path in place.settings.home.iterdir() if path.name.startswith(".")]
    assert len(list(place.settings.home.glob("copies-*"))) == 2
    names = place.ask("select nspname::text from pg_namespace where nspname ~ '^(marts|open_data)' order by 1")
    assert [name for (name,) in names] == ["marts", "marts_before", "open_data", "open_data_before"]


def test_after_a_kill_a_rollback_leads_to_what_was_published_before(place: Place, publisher: Publisher) -> None:
    for version in (1, 2):
        publish(place.build(version), grant=let_read)
    for step in (4, 22, 27, 31, 34):
        place.build(3)
        assert publisher.publish(step=step)[0] == -9, step
        assert read_record(place.settings).towards is not None, step
        roll_back(place.settings)
        assert set(seen(place).values()) == {2}, step
        roll_back(place.settings)
        # to and fro: of what was published whole
        assert set(seen(place).values()) == {1}, step
        roll_back(place.settings)


def test_after_a_kill_a_next_build_that_fails_leaves_all_of_one_publication(
    place: Place, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between PostgreSQL's step and the pages', then another database takes the place of what was ready."""

    def stop(*_: object) -> str:
        raise PublicationError("the audit stops it")

    for version in (1, 2):
        publish(place.build(version), grant=let_read)
    mixed = 0
    for step in (31, 27, 22):
        place.build(3)
        assert publisher.publish(step=step)[0] == -9, step
        mixed += len(set(seen(place).values())) > 1
        place.build(4)
        with monkeypatch.context() as at:
            at.setattr(publication, "_audit", stop)
            with pytest.raises(PublicationError, match="stops it"):
                publish(place.settings, grant=let_read)
        assert set(seen(place).values()) == {2}, step
        assert read_record(place.settings).towards is None, step
    assert mixed, "no kill came between two steps of the swap"
    publish(place.settings, grant=let_read)
    assert set(seen(place).values()) == {4}
    roll_back(place.settings)
    assert set(seen(place).values()) == {2}


def test_after_a_kill_what_was_ready_is_led_on_to_without_being_made_again(
    place: Place, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(place.build(1), grant=let_read)
    place.build(2)
    assert publisher.publish(step=31)[0] == -9
    assert len(set(seen(place).values())) > 1
    monkeypatch.setattr(publication, "_stage", lambda *_: pytest.fail("it was staged again"))
    publish(place.settings, grant=let_read)
    assert set(seen(place).values()) == {2}
    roll_back(place.settings)
    assert set(seen(place).values()) == {1}


def test_a_rollback_brings_back_all_of_one_publication_and_can_be_taken_back(place: Place) -> None:
    for version in (1, 2, 3):
        publish(place.build(version), grant=let_read)
    roll_back(place.settings)
    assert set(seen(place).values()) == {2}
    roll_back(place.settings)
    assert set(seen(place).values()) == {3}
    roll_back(place.settings)
    publish(place.build(4), grant=let_read)
    assert set(seen(place).values()) == {4}
    roll_back(place.settings)
    assert set(seen(place).values()) == {2}
