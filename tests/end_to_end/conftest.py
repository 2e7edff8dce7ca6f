"""One run of everything for all tests here: the command that a newcomer types, in a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from attendance.settings import PROJECT, Settings, read_settings
from publishing.serving.server import stop_server
from tests.simulation.like.invented import write_directory, write_published


@dataclass(frozen=True)
class County:
    """A county that ran from extracts to pages: its places, and its command line."""

    settings: Settings
    environment: dict[str, str]
    said: str

    def attendance(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run ``attendance …`` as a person would; ``code`` is the exit code that is expected."""
        done = subprocess.run(
            [sys.executable, "-m", "attendance.cli", *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert code is None or done.returncode == code, done.stdout[-4000:] + done.stderr[-8000:]
        return done

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """The answer of ``attendance query`` as rows."""
        rows: list[dict[str, Any]] = json.loads(self.attendance("query", sql, "--format", "json").stdout)
        return rows


def at_home(home: Path) -> tuple[Settings, dict[str, str]]:
    """Settings and environment of a home of its own; the state's files stay where they are."""
    public = read_settings().public
    settings = Settings(home=home, config=PROJECT / "config", extracts=home / "extracts", public=public)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "DBT_", "ATTENDANCE_"))
    }
    return settings, {**kept, **settings.environment(), "COLUMNS": "200"}


YEARS = ("2022-23", "2023-24")
CDE = read_settings().public / "cde"
FILES = [CDE / f"chronicabsenteeism{year[-2:]}.txt.gz" for year in reversed(YEARS)]
DIRECTORY = CDE / "school_directory_demographics_2025_26_la.parquet"
# The state's files; without them a county is made like an invented one.
HERE = all(path.exists() for path in (*FILES, DIRECTORY))


@pytest.fixture(scope="session")
def hundredth(tmp_path_factory: pytest.TempPathFactory) -> County:
    """A hundredth of the real county, or all of an invented one, built on DuckDB by the commands that people type."""
    folder = tmp_path_factory.mktemp("hundredth")
    settings, environment = at_home(folder / "home")
    files, directory, scale = FILES, DIRECTORY, "0.01"
    if not HERE:
        public = folder / "public"
        files = [write_published(public / "cde", year) for year in reversed(YEARS)]
        directory, scale = write_directory(folder), "1"
        settings = replace(settings, public=public)
    out = folder / "county"
    here = replace(settings, config=out / "config", extracts=out / "extracts")
    likes = [word for path in files for word in ("--like", str(path))]
    said = County(settings, environment, "").attendance(
        "simulate", *likes, "--directory", str(directory), "--scale", scale, "--out", str(out)
    )
    county = County(here, {**environment, **here.environment()}, "")
    county.attendance("load")
    return replace(county, said=said.stdout + county.attendance("build").stdout)


@pytest.fixture(scope="session")
def county() -> Iterator[County]:
    """`attendance run` in an empty home, once a session, with a PostgreSQL of its own.

    Not in pytest's folder: another pytest that begins closes that to all but its owner, and where the owner is root the
    server is another.
    """
    folder = Path(tempfile.mkdtemp(prefix="attendance-county-"))
    settings, environment = at_home(folder / "home")
    settings = replace(settings, postgres="")
    environment |= settings.environment()
    try:
        done = County(settings, environment, "").attendance("run")
        yield County(settings, environment, done.stdout + done.stderr)
    finally:
        stop_server(settings)
        shutil.rmtree(folder)
