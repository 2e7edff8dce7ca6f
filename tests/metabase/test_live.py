"""A real Metabase, if there is one: METABASE_URL and METABASE_API_KEY say which. It is changed, and cleaned up after.

Only this proves that Metabase takes what we send. Run it against a Metabase that nobody uses:

    METABASE_URL=http://localhost:3000 METABASE_API_KEY=mb_... METABASE_POSTGRES=host:port/database \\
        python -m pytest tests/metabase/test_live.py -rs

ATTENDANCE_HOME must be a home in which a county is published, with a PostgreSQL that the Metabase can reach.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from attendance.settings import Settings, read_settings
from publishing.metabase.publish import plan_publication, publish_to_metabase, report_drift
from publishing.metabase.there import There, read_there
from publishing.metabase.transport import Metabase, open_metabase

NEEDED = ("METABASE_URL", "METABASE_API_KEY")


@pytest.fixture(scope="module")
def settings() -> Settings:
    """A published county and the Metabase to try it on."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        pytest.skip(f"no Metabase to try: {' and '.join(missing)} not set")
    found = read_settings()
    if not found.warehouse.is_file():
        pytest.skip(f"nothing is published in {found.home}: attendance run")
    return found


@pytest.fixture(scope="module")
def metabase(settings: Settings) -> Iterator[Metabase]:
    """The Metabase; what is ours in it is put away when the tests are done."""
    found = open_metabase(settings.metabase_url, settings.metabase_key)
    yield found
    _put_away(found, read_there(found))


def _put_away(metabase: Metabase, there: There) -> None:
    for kind in ("dashboard", "card", "collection"):
        for ref, one in there.things.items():
            if ref.kind == kind and not one.is_archived:
                metabase.put(f"/api/{kind}/{one.id}", {"archived": True})


def test_published_twice_nothing_changes_the_second_time_and_all_is_read_back(
    settings: Settings, metabase: Metabase
) -> None:
    publish_to_metabase(settings, print)
    plan = plan_publication(settings)
    assert "Everything is as it should be" in plan[-1], "\n".join(plan)
    told, is_drifted = report_drift(settings)
    assert not is_drifted, "\n".join(told)
    there = read_there(metabase)
    kinds = {ref.kind for ref, one in there.things.items() if not one.is_archived}
    assert kinds == {"database", "group", "collection", "card", "dashboard"}


def test_a_question_answers(settings: Settings, metabase: Metabase) -> None:
    there = read_there(metabase)
    cards = [one for ref, one in there.things.items() if ref.kind == "card" and not one.is_archived]
    assert cards, settings.metabase_url
    for card in cards[:20]:
        answer = metabase.post(f"/api/card/{card.id}/query", {})
        assert answer.get("status") == "completed", (card.key, answer.get("error"))
