"""Publish in a process that ends when it is told, at any moment; started once, because to import takes longest.

Reads a line for each publication from standard input, as JSON, and answers with a line: the exit code, negative for a
signal, and the seconds that it took.

    after: seconds after which it is killed; null: never
    step:  the number of the step of the swap, each a rename or a statement, at which it kills itself; null: none
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

import psycopg

from attendance.settings import PROJECT, Settings
from publishing import publish as publication
from tests.serving.conftest import let_read


def kill_at(step: int) -> None:
    """From the first moment of the swap on, count what changes something, and end before the given one."""
    counted = 0

    def count() -> None:
        nonlocal counted
        counted += 1
        if counted == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def begin(original: Any) -> Any:
        def swap(*given: Any) -> Any:
            for owner, name in ((Path, "replace"), (Path, "unlink"), (os, "link"), (psycopg.Cursor, "execute")):
                done = getattr(owner, name)

                def counting(*each: Any, _done: Any = done, **more: Any) -> Any:
                    count()
                    return _done(*each, **more)

                setattr(owner, name, counting)
            return original(*given)

        return swap

    publication._swap = begin(publication._swap)


def publish_and_end(settings: Settings, step: int | None) -> NoReturn:
    """In the child: publish, and never return."""
    code = 1
    try:
        if step is not None:
            kill_at(step)
        publication._audit = lambda *_: "not asked"
        publication.publish(settings, grant=let_read)
        code = 0
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def main(settings: Settings) -> None:
    """Answer line by line until there are none."""
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.monotonic()
        if (child := os.fork()) == 0:
            publish_and_end(settings, asked["step"])
        timer = threading.Timer(asked["after"], os.kill, (child, signal.SIGKILL)) if asked["after"] else None
        if timer:
            timer.start()
        _, status = os.waitpid(child, 0)
        if timer:
            timer.cancel()
            timer.join()
        print(json.dumps([os.waitstatus_to_exitcode(status), time.monotonic() - began]), flush=True)


if __name__ == "__main__":
    home, project, postgres = sys.argv[1:]
    path = Path(home)
    main(Settings(path, PROJECT / "config", path, path, project=Path(project), postgres=postgres))
