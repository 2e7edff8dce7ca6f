"""What the harness says of a command: memory and processor of all its children, and a ceiling that holds."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.measuring import DONE, FAILED, OUT_OF_MEMORY, Measured, machine, run

MB = 1_000_000
# A parent that holds nothing, and a child that holds 150 MB and works for a moment.
WITH_CHILD = """
import multiprocessing, time
def work():
    held = bytearray(150_000_000)
    for place in range(0, len(held), 4096):
        held[place] = 1
    until = time.process_time() + 0.4
    while time.process_time() < until:
        pass
    time.sleep(0.4)
if __name__ == "__main__":
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
"""


def measured(script: str, folder: Path, ceiling: int | None = None) -> Measured:
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    return run([sys.executable, str(path)], os.environ, folder, folder / "logs" / "one.log", ceiling)


def test_memory_and_processor_of_a_child_count(tmp_path: Path) -> None:
    told = measured(WITH_CHILD, tmp_path)
    assert told.outcome == DONE
    assert told.peak_bytes > 150 * MB
    assert told.cpu_seconds > 0.4
    assert told.seconds > 0.8


def test_a_command_is_stopped_at_the_ceiling_with_its_children(tmp_path: Path) -> None:
    told = measured(WITH_CHILD.replace("sleep(0.4)", "sleep(60)"), tmp_path, ceiling=100 * MB)
    assert told.outcome == OUT_OF_MEMORY
    assert told.seconds < 30
    assert told.peak_bytes > 100 * MB


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    told = measured("raise SystemExit('no such county')", tmp_path)
    assert told.outcome == FAILED
    assert "no such county" in told.told


@pytest.mark.parametrize("what", ["processor", "cores", "memory", "Python", "duckdb", "pandas", "polars"])
def test_the_machine_is_told_with_its_versions(what: str) -> None:
    assert machine()[what]
