"""One of Airflow's processes, as a child that cannot outlive the process that started it.

``python -m attendance.airflow.process <lifeline> <modules> scheduler ...``: the lifeline is the reading end of a pipe,
and nobody but the parent holds the other end. When the parent is gone, however it went, the pipe is closed. The
modules, joined by commas, are loaded before the scheduler starts: its workers are copies of it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Iterable
from typing import Any

# Airflow loads these when a task starts; loaded by the scheduler, they are loaded once.
_FOR_TASKS = (
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.standard.decorators.python",
)


def family(pid: int) -> list[Any]:
    """A process, its children and theirs, as psutil knows them. Airflow gives each task a process group of its own."""
    # not needed while all goes well
    import psutil  # noqa: PLC0415

    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    return []


def kill(processes: Iterable[Any]) -> None:
    """End what still runs of them; a process that took over the number of an ended one is left alone."""
    import psutil  # noqa: PLC0415

    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _end_with_parent(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    kill(family(os.getpid()))


def main() -> None:
    """Run the ``airflow`` command that the arguments name."""
    lifeline, modules, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with_parent, args=(int(lifeline),), daemon=True).start()
    from airflow.__main__ import main as airflow  # noqa: PLC0415 - takes a second or two; the lifeline comes first

    if arguments[0] == "scheduler":
        for module in (*_FOR_TASKS, *filter(None, modules.split(","))):
            importlib.import_module(module)
    sys.argv = ["airflow", *arguments]
    airflow()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
