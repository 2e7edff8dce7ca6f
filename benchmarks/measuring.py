"""Run a command in a process of its own and say what it took, its children included; and on which machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

LOOK_EVERY = 0.1  # seconds between two looks at the memory
DONE, FAILED, OUT_OF_MEMORY = "done", "failed", "out of memory"
LIBRARIES = ("duckdb", "pandas", "polars", "pyarrow", "dbt-core", "dbt-duckdb", "apache-airflow")
TOLD = 4_000  # characters of what a command printed that are kept


@dataclass(frozen=True)
class Measured:
    """What a command took.

    outcome:     DONE, FAILED (it returned another code than 0) or OUT_OF_MEMORY (it was stopped at the ceiling)
    seconds:     of the clock
    cpu_seconds: of the processor, user and system, of the process and all of its children
    peak_bytes:  most memory held at one time by the process and all of its children, what they share counted once
    told:        the end of what it printed
    """

    outcome: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    told: str


def _held(process: psutil.Process) -> int:
    """Bytes that a process and its children hold now."""
    try:
        children = process.children(recursive=True)
        if not children:
            return int(process.memory_info().rss)
    except psutil.Error:
        return 0
    held = 0
    for one in (process, *children):
        try:
            # a page that forked workers share is divided among them
            held += one.memory_full_info().pss
        except psutil.Error:
            continue
    return held


def run(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path, ceiling: int | None = None
) -> Measured:
    """Run the command in ``folder`` and measure it; what it prints goes to ``log``.

    ceiling: bytes at which it is stopped, none for no limit. Memory is looked at ten times a second: a shorter peak of
             several processes together may be missed, one process's own is not
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    peak, is_above = 0, False
    with log.open("wb") as output:
        began = time.perf_counter()
        # a session of its own: were it stopped, so would its children be, and nobody else
        child = subprocess.Popen(  # noqa: S603 - commands of this project
            command, cwd=folder, env=dict(environment), stdout=output, stderr=output, start_new_session=True
        )
        try:
            process = psutil.Process(child.pid)
            while True:
                ended, status, usage = os.wait4(child.pid, os.WNOHANG)
                if ended:
                    break
                peak = max(peak, _held(process))
                if ceiling is not None and peak > ceiling and not is_above:
                    is_above = True
                    os.killpg(child.pid, signal.SIGKILL)
                time.sleep(LOOK_EVERY)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        seconds = time.perf_counter() - began
        # wait4 has taken the exit code; Popen is not to wait for it again
        child.returncode = os.waitstatus_to_exitcode(status)
    outcome = OUT_OF_MEMORY if is_above else DONE if child.returncode == 0 else FAILED
    return Measured(
        outcome=outcome,
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=max(peak, usage.ru_maxrss * 1024),
        told=log.read_text(encoding="utf-8", errors="replace")[-TOLD:],
    )


def machine() -> dict[str, str]:
    """Cores, memory, processor and versions, as words."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {
        "processor": model,
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{psutil.virtual_memory().total / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        **versions,
    }
