"""How two processes share the work: a room that builds something dear once for all its tests stays in one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
# The county that ran from extracts to pages, a server, the pages in a browser, the DAG folder as Airflow reads it.
TOGETHER = ("end_to_end", "access", "serving", "publishing", "dags", "metabase")
# These build what they need by themselves, and take long: they begin with the first and go beside the others. Named
# alike are those that share what they build.
APART = {
    "end_to_end/test_equal_on_spark.py": "hundredth",
    "end_to_end/test_equal_to_published.py": "hundredth",
    "end_to_end/test_same_county.py": "same county",
    "stack/test_native.py": "stack",
}


def _group(path: str) -> str:
    """What is run by one process: a room, or a file. The path is below this folder."""
    room = path.partition("/")[0]
    return APART.get(path, room if room in TOGETHER else path)


def _place(path: str) -> int:
    """The longest first, so that no process is left with one at the end."""
    order = (TOGETHER[0], *dict.fromkeys(APART.values()), *TOGETHER[1:])
    group = _group(path)
    return order.index(group) if group in order else len(order)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the rooms that take longest begin."""
    items.sort(key=lambda item: _place(item.path.relative_to(HERE).as_posix()))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share out whole groups, in their order."""

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid.partition("::")[0].removeprefix(f"{HERE.name}/"))

    config.option.loadscopereorder = False
    return ByGroup(config, log)
