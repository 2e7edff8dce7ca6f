"""Damage, 6 of 6: the same file twice, an older file after a newer one, disk full, two runs at once.

A kill at any moment is in test_kill.py. When it matters: whatever happens to a run, the lake holds whole files of
whole deliveries, and the next run does what this one could not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.room import NoRoomError
from tests.ingestion.county import AERIES, ATT, SECRET, STU, County, absences, county_at, csv, student
from tests.ingestion.damaged import lake_only, refused, said, serving

PROJECT = Path(__file__).resolve().parents[2]
# A run that may write no file larger than so many bytes, as on a disk with no more room than that.
RUN = """
import resource, signal, sys
from pathlib import Path
from attendance.errors import MendableError
from tests.ingestion.county import county_at
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    outcomes = county_at(Path(sys.argv[1])).run()
except MendableError as error:
    print(error)
    sys.exit(3)
print(*(record.outcome for record in outcomes))
"""


def run_with(folder: Path, room: int) -> tuple[int, str]:
    """A run in its own process that may write files of so many bytes; returns how it ended and all that it said."""
    environment = {**os.environ, "ATTENDANCE_SECRET": SECRET, "PYTHONPATH": str(PROJECT)}
    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(folder), str(room)],
        env=environment,
        capture_output=True,
        text=True,
        cwd=PROJECT,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_the_same_file_twice_changes_nothing(county: County) -> None:
    before = serving(county)
    county.send(f"{AERIES}/ATT_20231102.csv", csv(ATT, absences(200)))
    record = county.run_one()
    assert (record.outcome, record.rows_in, record.rows_loaded) == ("unchanged", 0, 0)
    assert lake_only(county) == before
    assert county.run() == []


def test_an_older_file_after_a_newer_one_is_refused_and_the_newer_one_stays(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serving(county)
    record = refused(county, caplog, f"{AERIES}/ATT_20231015.csv", csv(ATT, absences(150)))
    assert "a later delivery is already loaded: 2023-10. Nothing needs to be done." in said(record)
    assert record.rows_in == 150


@pytest.mark.parametrize("room", [2_000, 8_000])
def test_a_full_disk_leaves_the_last_good_data_and_the_next_run_with_room_loads(
    tmp_path: Path, county: County, room: int
) -> None:
    before = serving(county)
    rows = [student(number) | {"PG": f"Plantedguardian {number * 7919}"} for number in range(1, 1201)]
    county.send(f"{AERIES}/STU_20230902.csv", csv(STU, rows))
    code, told = run_with(tmp_path, room)
    assert code == 3, told
    assert "No room is left" in told
    assert "1999001" in told
    assert "Planted" not in told
    assert lake_only(county) == before
    record = county.run_one()
    assert (record.outcome, record.rows_loaded) == ("loaded", 1200)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real filesystem of one megabyte, where this process may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small filesystem; a limit of the process stands for it above")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_filesystem_that_is_full_the_run_says_so_and_goes_on_when_there_is_room(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTENDANCE_SECRET", SECRET)
    county = county_at(small_disk)
    before = serving(county)
    filler = small_disk / "somebody else's file"
    content = csv(STU, [student(number) for number in range(1, 301)])
    room = os.statvfs(small_disk)
    filler.write_bytes(b"x" * (room.f_bavail * room.f_frsize - len(content) - 20_000))
    county.send(f"{AERIES}/STU_20230902.csv", content)  # it still fits; a copy of it does not
    with pytest.raises(NoRoomError, match=r"1999001: No room is left on the disk"):
        county.run()
    assert lake_only(county) == before
    filler.unlink()
    assert (county.run_one().outcome, len(county.lake("aeries/students"))) == ("loaded", 300)


def test_two_runs_at_once_load_everything_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENDANCE_SECRET", SECRET)
    alone, both = county_at(tmp_path / "alone"), county_at(tmp_path / "both")
    for one in (alone, both):
        one.send_codes()
        one.send(f"{AERIES}/ATT_20231101.csv", csv(ATT, absences(300)))
        one.send(f"{AERIES}/STU_20230901.csv", csv(STU, [student(number) for number in range(1, 301)]))
    alone.run()
    environment = {**os.environ, "ATTENDANCE_SECRET": SECRET, "PYTHONPATH": str(PROJECT)}
    unlimited = str(10**12)
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path / "both"), unlimited],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        for _ in range(2)
    ]
    assert [run.wait(60) for run in runs] == [0, 0]
    assert both.lake_digests() == alone.lake_digests()
    assert {record.outcome for record in both.records().values()} == {"loaded"}
