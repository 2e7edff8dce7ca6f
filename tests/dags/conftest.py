"""The DAG folder as Airflow reads it, once for all tests here, in a home of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from attendance.airflow.running import airflow_environment
from attendance.settings import PROJECT, Settings


def settings_at(home: Path) -> Settings:
    """This project with a home of its own."""
    return Settings(home=home, config=PROJECT / "config", extracts=home / "extracts", public=home / "public")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """This project with an empty home."""
    return settings_at(tmp_path / "home")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``read_folder.py`` prints."""
    settings = settings_at(tmp_path_factory.mktemp("airflow"))
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("read_folder.py")), str(settings.project / "dags")],
        env=airflow_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    read: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return read
