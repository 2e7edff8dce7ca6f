"""Is a service well? What Compose asks: ``python -m attendance.stack.healthy QUESTION ARGUMENT ...``, exit code 0 or 1.

``airflow ADDRESS COMPONENT``  Airflow's own word on a component: metadatabase, scheduler, triggerer or dag_processor
``port HOST PORT [BEGINS]``    somebody listens there, and what is said first begins so
``fresh FILE SECONDS``         the file was written no longer ago

By the standard library alone: it is asked twice a minute, beside what the machine is there for.
"""

from __future__ import annotations

import json
import socket
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

SECONDS = 5.0


def airflow_says(address: str, component: str) -> str:
    """A component's status as Airflow's web server tells it: ``healthy`` or why not; OSError where nobody answers."""
    # no proxy between services
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{address}/api/v2/monitor/health", timeout=SECONDS) as answer:
        told = json.load(answer)
    return str((told.get(component) or {}).get("status"))


def port_says(host: str, port: int, begins: str = "") -> str:
    """``healthy`` where somebody listens and says what was expected; OSError where nobody does."""
    with socket.create_connection((host, port), timeout=SECONDS) as line:
        said = line.recv(len(begins)).decode(errors="replace") if begins else ""
    return "healthy" if said == begins else f"it said {said!r}"


def file_says(path: Path, seconds: float) -> str:
    """``healthy`` where the file was written within so many seconds; OSError where it is missing."""
    age = time.time() - path.stat().st_mtime
    return "healthy" if age <= seconds else f"{path} is {age:.0f} seconds old"


def ask(question: str, arguments: Sequence[str]) -> str:
    """The answer to a question of the command line; ValueError for one that nobody knows."""
    if question == "airflow" and len(arguments) == 2:
        return airflow_says(arguments[0], arguments[1])
    if question == "port" and len(arguments) in {2, 3}:
        return port_says(arguments[0], int(arguments[1]), *arguments[2:])
    if question == "fresh" and len(arguments) == 2:
        return file_says(Path(arguments[0]), float(arguments[1]))
    raise ValueError(f"nobody knows the question {question} with {len(arguments)} arguments")


def main() -> int:
    """Print the answer, for whoever looks at the service; 0 where it is well."""
    try:
        answer = ask(sys.argv[1], sys.argv[2:])
    except OSError as error:
        answer = str(error)
    print(answer)
    return 0 if answer == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main())
