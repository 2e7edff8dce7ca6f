"""The county that each test of this room starts from: nothing sent, a known key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingestion.county import SECRET, County, county_at


@pytest.fixture
def county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> County:
    """A county of one LEA that has sent nothing yet."""
    monkeypatch.setenv("ATTENDANCE_SECRET", SECRET)
    monkeypatch.delenv("ATTENDANCE_MEMORY_LIMIT", raising=False)
    return county_at(tmp_path)
