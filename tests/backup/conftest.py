"""A home for each test, with its key in the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from attendance.settings import Settings
from tests.backup.home import KEY, made_home


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home as a county's runs leave it."""
    monkeypatch.setenv("ATTENDANCE_SECRET", KEY)
    monkeypatch.delenv("ATTENDANCE_SECRET_FILE", raising=False)
    return made_home(tmp_path)
