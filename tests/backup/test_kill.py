"""A backup and a restore that are killed at every step: there is a whole one or none, and the next one is as any."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from attendance.backup import RESTORING, check
from attendance.settings import PROJECT, Settings
from tests.backup.home import KEPT, KEY, seen

Ask = Callable[..., int]


@pytest.fixture(scope="module")
def driver() -> Iterator[subprocess.Popen[str]]:
    """A process that has loaded everything, and forks for each thing that it is asked."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.backup.home"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "ATTENDANCE_SECRET": KEY},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    assert process.stdin
    process.stdin.close()
    process.wait(20)


@pytest.fixture
def ask(driver: subprocess.Popen[str], tmp_path: Path) -> Ask:
    """Do it, killed at a step or not; the exit code."""

    def asked(what: str, home: str = "home", step: int | None = None) -> int:
        assert driver.stdin
        assert driver.stdout
        print(
            json.dumps({"what": what, "folder": str(tmp_path), "home": home, "step": step}),
            file=driver.stdin,
            flush=True,
        )
        return int(driver.stdout.readline())

    return asked


def test_a_backup_that_is_killed_at_any_step_leaves_a_whole_file_or_none(
    settings: Settings, tmp_path: Path, ask: Ask
) -> None:
    before = seen(settings.home)
    file = tmp_path / "file.tar.zst"
    step = killed = 0
    while True:
        step += 1
        code = ask("backup", step=step)
        if file.exists():
            assert check(file).files.keys() == KEPT.keys(), step
            file.unlink()
        assert seen(settings.home, hidden=False) == before, step
        if code == 0:
            break
        assert code == -9, step
        killed += 1
    assert killed > 20
    assert not list(settings.home.glob(".backup-*")), "what the killed ones left is removed by the next"


def test_a_restore_that_is_killed_at_any_step_is_completed_by_the_next(settings: Settings, ask: Ask) -> None:
    assert ask("backup") == 0
    there = settings.home.with_name("restored")
    step = killed = 0
    while True:
        step += 1
        code = ask("restore", "restored", step)
        if code == 0:
            break
        assert code == -9, step
        killed += 1
        # half of it never looks like a home: either nothing has its place yet, or it is proven and goes on
        if not (there / RESTORING / "verified").exists():
            assert seen(there, hidden=False) in ({}, KEPT), step
        assert ask("restore", "restored") == 0, step
        assert seen(there) == KEPT, step
        shutil.rmtree(there)
    assert killed > 20
