"""A remote file to a private one here: in pieces, resumed after a break where it is still the same file."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from attendance.settings import Settings
from ingestion.durable import PRIVATE_FILE, private_folder
from ingestion.transports.remote import ChangedError, PassingError, Patience, RemoteFile, Transport
from ingestion.transports.retry import retrying

log = logging.getLogger(__name__)


def partial_folder(settings: Settings, sender: str) -> Path:
    """Where the sender's unfinished downloads wait to be resumed: as private as the landing."""
    private_folder(settings.landing)
    private_folder(settings.landing / ".partial")
    return private_folder(settings.landing / ".partial" / sender)


def partial_name(source: str, file: RemoteFile) -> str:
    """Made from what the peer says of the file: another version has another name, and is never appended to."""
    return f"{hashlib.sha256(f'{source}|{file.identity}'.encode()).hexdigest()[:32]}.partial"


def download(transport: Transport, file: RemoteFile, partial: Path, patience: Patience) -> Path:
    """Fetch the file into ``partial`` and return it, whole. What an earlier run left there is resumed.

    Raises PassingError when the tries are used up (what has come stays there), ChangedError where the file became
    another one meanwhile, TransportError for anything that another try would not mend.
    """
    for attempt in retrying(patience):
        with attempt:
            _continue(transport, file, partial, patience)
    return partial


def _continue(transport: Transport, file: RemoteFile, partial: Path, patience: Patience) -> None:
    have = partial.stat().st_size if partial.exists() else 0
    if not file.is_identified or (file.size is not None and have > file.size):
        have = 0
    if have and have == file.size:
        return
    with transport.read(file, have) as stream:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as target:
            target.seek(stream.start)
            target.truncate()
            if stream.start:
                log.info("%s: resumed at %s of %s", file.name, _megabytes(stream.start), _megabytes(file.size))
            for chunk in _watched(stream.chunks, file, stream.start, patience.progress):
                target.write(chunk)
            size = target.tell()
    if file.size is not None and size < file.size:
        raise PassingError(f"{file.name}: the download broke off after {size:,} of {file.size:,} bytes.")
    if file.size is not None and size > file.size:
        raise ChangedError(f"{file.name} grew while it was read.")


def _watched(chunks: Iterator[bytes], file: RemoteFile, start: int, every: float) -> Iterator[bytes]:
    """The chunks, with a line in the log now and then."""
    clock = _Clock(time.monotonic(), time.monotonic())
    done = start
    for chunk in chunks:
        done += len(chunk)
        now = time.monotonic()
        if now - clock.told >= every:
            rate = (done - start) / (now - clock.began)
            share = f" ({done / file.size:.0%})" if file.size else ""
            log.info(
                "%s: %s of %s%s, %s a second",
                file.name,
                _megabytes(done),
                _megabytes(file.size),
                share,
                _megabytes(rate),
            )
            clock = _Clock(clock.began, now)
        yield chunk


@dataclass(frozen=True)
class _Clock:
    """When the download began and when it was last spoken of, in seconds."""

    began: float
    told: float


def _megabytes(size: float | None) -> str:
    return "?" if size is None else f"{size / 1e6:,.1f} MB"
