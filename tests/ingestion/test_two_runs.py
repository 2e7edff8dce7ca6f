"""Two runs at once, and runs that are killed: afterwards the lake is the same to the byte."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.ingestion.county import (
    AERIES,
    ATT,
    CALPADS,
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
RUN = """
import sys
from pathlib import Path
from tests.ingestion.county import county_at
county = county_at(Path(sys.argv[1]))
print("ready", flush=True)
county.run()
county.run("calpads")
"""


def sent(folder: Path) -> County:
    """A county that has sent several files of which some are damaged, repeated, corrected, or span months."""
    county = county_at(folder)
    county.send_codes()
    months = [absence(number, f"2023-{month}-05") for month in ("09", "10") for number in range(1, 301)]
    months[17] |= {"SC": "x"}
    months[18] = months[19]
    county.send(f"{AERIES}/ATT_20231231.csv", csv(ATT, months))
    county.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(200) + absences(100, "2023-08-20")))
    county.send(f"{AERIES}/STU_20230902.csv", csv([*STU, "EXTRA"], [student(1)]))
    county.send(f"{CALPADS}/a_20240701.txt", caret([stas(number) for number in range(1, 301)]))
    return county


def start(folder: Path) -> subprocess.Popen[str]:
    """A process that runs the county at ``folder``."""
    environment = {**os.environ, "ATTENDANCE_SECRET": SECRET, "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder)], env=environment, stdout=subprocess.PIPE, text=True, cwd=PROJECT
    )


def accounted(county: County) -> dict[str, object]:
    """What the ledger says, but for the moments at which it was said."""
    return {name: record.model_dump(exclude={"received_at", "loaded_at"}) for name, record in county.records().items()}


@pytest.fixture
def undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> County:
    """The same county after one run that nobody disturbed."""
    monkeypatch.setenv("ATTENDANCE_SECRET", SECRET)
    county = sent(tmp_path / "undisturbed")
    assert len(county.run()) + len(county.run("calpads")) == 5
    assert county.run() == []
    return county


def test_two_processes_at_once_load_everything_once(tmp_path: Path, undisturbed: County) -> None:
    county = sent(tmp_path / "both")
    runs = [start(tmp_path / "both") for _ in range(2)]
    assert [run.wait(120) for run in runs] == [0, 0]
    assert county.lake_digests() == undisturbed.lake_digests()
    assert accounted(county) == accounted(undisturbed)


def test_two_threads_at_once_load_everything_once(tmp_path: Path, undisturbed: County) -> None:
    county = sent(tmp_path / "both")
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(county.run, ["sis", "calpads", "sis", "calpads"]))
    assert all(one.outcome in {"loaded", "refused"} for many in outcomes for one in many)
    assert county.lake_digests() == undisturbed.lake_digests()


def test_a_run_killed_at_any_moment_and_run_again_leaves_the_same_bytes(tmp_path: Path, undisturbed: County) -> None:
    how = random.Random(20231112)
    killed = 0
    for attempt in range(4):
        folder = tmp_path / f"killed{attempt}"
        county = sent(folder)
        run = start(folder)
        assert run.stdout is not None
        run.stdout.readline()
        time.sleep(how.uniform(0.0, 0.6))
        run.send_signal(signal.SIGKILL)
        killed += run.wait(60) == -signal.SIGKILL
        for path in county.settings.lake.rglob("*.parquet"):
            read_parquet(path)  # whole, whenever the run ended
        county.run()
        county.run("calpads")
        assert county.lake_digests() == undisturbed.lake_digests(), attempt
        assert accounted(county) == accounted(undisturbed)
        assert list((county.settings.landing / ".work").rglob("*.tmp")) == []
    assert killed


class KilledError(BaseException):
    """Stands for the end of the process: nothing in the code catches it."""


def test_a_run_that_ends_at_any_rename_and_runs_again_leaves_the_same_bytes(
    tmp_path: Path, undisturbed: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.replace
    moments = 0
    while True:
        moments += 2
        county = sent(tmp_path / f"ended{moments}")
        done = 0

        def until_then(self: Path, target: Path, moment: int = moments) -> Path:
            nonlocal done
            done += 1
            if done == moment:
                raise KilledError
            return rename(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", until_then)
            try:
                county.run()
                county.run("calpads")
            except KilledError:
                ended = True
                for path in county.settings.lake.rglob("*.parquet"):
                    read_parquet(path)
            else:
                ended = False
        county.run()
        county.run("calpads")
        assert county.lake_digests() == undisturbed.lake_digests(), moments
        if not ended:
            break
    assert moments > 10


def test_what_a_killed_run_left_half_written_is_cleaned_up(tmp_path: Path, undisturbed: County) -> None:
    county = sent(tmp_path / "left")
    left = [
        county.settings.lake / "aeries/attendance/1999001/.2023-10.parquet.0123.tmp",
        county.settings.rejects / "1999001/.x.parquet.0123.tmp",
        county.settings.landing / ".work/1999001/text",
        county.settings.landing / ".work/1999001/.landing.0123.tmp",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half a")
    county.run()
    county.run("calpads")
    assert [path for path in left if path.exists()] == []
    assert county.lake_digests() == undisturbed.lake_digests()
