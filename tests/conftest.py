"""Which tests stay together when two processes share the work: those of a room that build something dear once."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
# The county that ran from extracts to pages, the pages in a browser, the DAG folder as Airflow reads it.
TOGETHER = ("end_to_end", "publishing", "dags")
APART = ("test_same_county",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each such room, and each other file, a group of its own, and let the longest begin first."""
    for item in items:
        room, *_ = item.path.relative_to(HERE).parts
        together = room in TOGETHER and item.path.stem not in APART
        item.add_marker(pytest.mark.xdist_group(room if together else item.path.stem))
    items.sort(key=lambda item: TOGETHER.index(group) if (group := _room(item)) in TOGETHER else len(TOGETHER))


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]
