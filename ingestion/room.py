"""A disk without room, told in words: nothing of what was served is lost, and the next run does what is left."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from ingestion.errors import IngestionError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# how DuckDB passes on what the system said; its spilling has an own limit on the room that it may take
SAID = ("no space left", "file too large", "disk quota exceeded", "failed to offload data block")


class NoRoomError(IngestionError):
    """The disk is full; the message says whose work stopped and what to do."""


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in FULL
    return isinstance(error, duckdb.Error) and any(words in str(error).lower() for words in SAID)


@contextmanager
def room_on_disk(whose: str) -> Iterator[None]:
    """Turn the errors of a full disk into a NoRoomError; all others pass.

    whose: the sender's code, for the message. What a file had so far was written under another name, so nothing that
    the lake serves has changed.
    """
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if not _is_full(error):
            raise
        # the reader's own message may repeat what stands in the file
        raise NoRoomError(
            f"{whose}: No room is left on the disk (or none that this process may use), so the work stopped. What was "
            "loaded before is served as it was, and nothing that was sent is lost. Make room where ATTENDANCE_HOME "
            "lies (`attendance status` shows what was loaded) and run again: it goes on by itself."
        ) from None
