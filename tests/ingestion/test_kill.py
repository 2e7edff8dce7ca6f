"""Loading that is killed at fifty moments: after a rerun the lake is that of an undisturbed run, to the byte.

The process that is killed is a real one. It is forked by a driver that has read the contracts and opened nothing, so
that the fifty moments fall into the work and not into Python's start.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ingestion.county import (
    AERIES,
    ATT,
    CALPADS,
    DAY,
    ENR,
    LEA,
    SECRET,
    STU,
    County,
    absence,
    absences,
    caret,
    county_at,
    csv,
    read_parquet,
    stas,
    student,
)

PROJECT = Path(__file__).resolve().parents[2]
KILLS = 50
LONGEST_CHAIN = 3  # kills, one after the other, before the run that is left alone
SEED = 20231122
# Reads a county's folder per line, runs it in a forked process, tells that one's number and how it ended.
DRIVER = """
import os, sys
from pathlib import Path
from ingestion.contract import read_contracts
from tests.ingestion.county import county_at
read_contracts()
for line in sys.stdin:
    number = os.fork()
    if number == 0:
        county = county_at(Path(line.strip()))
        county.run()
        county.run("calpads")
        os._exit(0)
    print(number, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class Driver:
    """What starts the runs."""

    process: subprocess.Popen[str]

    def run(self, folder: Path, seconds: float | None = None) -> int:
        """Run the county at ``folder``, killed after so many seconds; returns the exit code, negative by a signal."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(folder, file=self.process.stdin, flush=True)
        number = int(self.process.stdout.readline())
        if seconds is not None:
            time.sleep(seconds)
            # the driver has waited for it where it was done before: then there is nobody to kill
            if not self.has_ended(number):
                os.kill(number, signal.SIGKILL)
        return int(self.process.stdout.readline())

    @staticmethod
    def has_ended(number: int) -> bool:
        """Whether the process is no longer there."""
        return not Path(f"/proc/{number}").exists()


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    """A driver for the runs of this module."""
    environment = {**os.environ, "ATTENDANCE_SECRET": SECRET, "PYTHONPATH": str(PROJECT)}
    environment.pop("ATTENDANCE_MEMORY_LIMIT", None)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", DRIVER], env=environment, text=True, cwd=PROJECT, **pipes)
    yield Driver(process)
    process.communicate()


def sent(folder: Path) -> County:
    """A county that has sent what a year brings: corrections, damage, months one by one and together, packed files."""
    county = county_at(folder)
    county.send_codes()
    days = [{"SC": "101", "DT": day, "DY": "1", "MO": "1"} for day in ("2023-08-14", "2024-06-07")]
    county.send(f"{AERIES}/DAY_20230801.csv", csv(DAY, days))
    county.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(number) for number in range(1, 301)]))
    county.send(f"{AERIES}/STU_20230902.csv", csv([*STU, "EXTRA"], [student(1)]))
    stint = {"SC": "101", "YR": "2023", "GR": "7", "ED": "2023-08-15"}
    stints = [stint | {"ID": str(50000 + number), "SN": str(number)} for number in [*range(1, 301)]]
    again = stint | {"ID": "50001", "SN": "1", "ED": "2024-01-08"}
    county.send(f"{AERIES}/ENR_20240601.csv", csv(ENR, [*stints, again]))
    months = [absence(number, f"2023-{month}-05") for month in ("09", "10", "11") for number in range(1, 301)]
    months[17] |= {"SC": "x"}
    months[18] = months[19]
    county.send(f"{AERIES}/ATT_20231231.csv", csv(ATT, months))
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(200) + absences(100, "2023-08-20")))
    county.send(f"{AERIES}/ATT_20240105.csv.gz", gzip.compress(csv(ATT, absences(250, "2023-12-05")).encode(), mtime=0))
    county.send(f"{CALPADS}/a_20240701.txt", caret([stas(number) for number in range(1, 301)]))
    return county


def left(county: County) -> dict[str, str]:
    """SHA-256 of every file that a run left in lake, rejects and landing, temporary ones included."""
    settings = county.settings
    return {
        str(path.relative_to(settings.home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in (settings.lake, settings.rejects, settings.landing)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def accounted(county: County) -> list[dict[str, object]]:
    """What the ledger says, but for the moments at which it was said; and that nothing half written lies beside it."""
    assert {path.suffix for path in (county.settings.ledger / LEA).iterdir()} == {".json"}
    return [record.model_dump(exclude={"received_at", "loaded_at"}) for record in county.records().values()]


def test_loading_killed_at_fifty_moments_and_run_again_leaves_the_same_bytes(tmp_path: Path, driver: Driver) -> None:
    undisturbed = sent(tmp_path / "undisturbed")
    sent(tmp_path / "warm")
    assert driver.run(tmp_path / "warm") == 0
    begun = time.monotonic()
    assert driver.run(tmp_path / "undisturbed") == 0
    whole = time.monotonic() - begun
    expected, ledger = left(undisturbed), accounted(undisturbed)
    assert sorted(one["outcome"] for one in ledger if one["outcome"] != "loaded") == ["refused"]
    assert any(name.startswith("rejects/") for name in expected)
    assert len([name for name in expected if name.startswith("lake/aeries/attendance/")]) == 5
    how = random.Random(SEED)
    killed = chain = 0
    while killed < KILLS:
        chain += 1
        assert chain <= 4 * KILLS, f"only {killed} of {chain} runs were still at work when they were to be killed"
        county = sent(tmp_path / f"chain{chain}")
        folder = tmp_path / f"chain{chain}"
        for _ in range(min(how.randint(1, LONGEST_CHAIN), KILLS - killed)):
            killed += driver.run(folder, how.uniform(0, whole)) == -signal.SIGKILL
            for path in county.settings.lake.rglob("*.parquet"):
                read_parquet(path)  # whole, whenever the run ended
        assert driver.run(folder) == 0
        assert left(county) == expected, f"chain {chain} of seed {SEED}"
        assert accounted(county) == ledger, f"chain {chain} of seed {SEED}"
