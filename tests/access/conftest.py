"""The invented county on a server of its own, once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access.county import build_county
from tests.access.server import Served, serving


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented county's file; never write to it."""
    return build_county(tmp_path_factory.mktemp("serving") / "county.duckdb")


@pytest.fixture(scope="session")
def served(warehouse: Path) -> Iterator[Served]:
    """The server; what a test changes it puts back."""
    with serving(warehouse) as server:
        yield server
