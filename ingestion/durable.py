"""Files that are there whole or not at all: written under another name, flushed, renamed into place."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def private_folder(folder: Path) -> Path:
    """Make the folder for its owner only (0700); an existing one is made so."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER)
    return folder


def temporary_name(path: Path) -> Path:
    """A name beside ``path`` that no reader's glob matches (``.<name>.<random>.tmp``)."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")


def remove_temporary(folder: Path) -> None:
    """Remove what a killed run left half written. To be called under the lock under which the folder is written."""
    for left in folder.glob(".*.tmp"):
        left.unlink(missing_ok=True)


def put_in_place(temporary: Path, path: Path) -> None:
    """Flush a finished temporary file to the disk and rename it to ``path`` in one step."""
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    temporary.replace(path)
    _flush_folder(path.parent)


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write ``content`` to ``path``: afterwards either the old bytes are there or all of the new ones."""
    temporary = temporary_name(path)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        put_in_place(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def only_one(folder: Path, name: str) -> Iterator[None]:
    """Hold the lock ``name`` in ``folder``; waits for another process or thread that has it.

    The lock belongs to the open file, so the end of the process, even by SIGKILL, gives it back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("%s: waiting for another run that is at work here", name)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
