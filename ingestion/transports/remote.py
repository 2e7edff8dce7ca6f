"""What every transport has in common: files at the sender, what can be done with them, and what can go wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ingestion.contract import start_year
from ingestion.errors import IngestionError

CHUNK = 1024 * 1024
PLACEHOLDER = "{school_year}"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


class TransportError(IngestionError):
    """A sender's place cannot be used as it is: to try again by itself would change nothing.

    The message names the host or address, what happened and what to do; never a credential.
    """

    is_permanent = True


class PassingError(TransportError):
    """What may be gone in a moment: a connection that broke, a time-out, a server that is busy.

    after: seconds after which the server wants to be asked again, where it said so
    """

    is_permanent = False

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class ChangedError(TransportError):
    """The file became another one while it was read. It is left until it stands still."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a peer, and how often to try.

    attempts:     tries of one step in all
    first_wait:   seconds before the second try; doubled for each further one, with some chance added
    longest_wait: seconds between two tries at the most
    timeout:      seconds without any answer after which a step has failed
    progress:     seconds between two lines of the log about one download
    """

    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 60.0
    timeout: float = 60.0
    progress: float = 10.0


@dataclass(frozen=True)
class RemoteFile:
    """A file at the sender.

    name:     below the source's folder, the school year's folder included
    path:     by which its transport finds it
    hint:     the folder's school year, such as 2023-24
    size:     in bytes; none where the peer does not say
    modified: in UTC; none where the peer does not say
    etag:     what the peer calls this version of it
    local:    where it lies on this machine, for a local or mounted folder
    stamp:    what changes with every change of its bytes, of a file on this machine's own disk that has stood still
    """

    name: str
    path: str
    hint: str | None = None
    size: int | None = None
    modified: datetime | None = None
    etag: str | None = None
    local: Path | None = None
    stamp: str | None = None

    @property
    def is_identified(self) -> bool:
        """Whether a change of its bytes would show."""
        return self.etag is not None or (self.size is not None and self.modified is not None)

    @property
    def identity(self) -> str:
        """Hash of all that the peer says of this version."""
        told = (self.path, self.size, None if self.modified is None else self.modified.isoformat(), self.etag)
        return hashlib.sha256("|".join(map(str, told)).encode()).hexdigest()


@dataclass(frozen=True)
class Listing:
    """The files of one source, by name, and what of it could not be seen."""

    files: tuple[RemoteFile, ...]
    faults: tuple[TransportError, ...] = ()


@dataclass(frozen=True)
class Stream:
    """A file's bytes from ``start`` on: where the reader asked, or 0 where the peer cannot begin in the middle."""

    start: int
    chunks: Iterator[bytes]


class Transport(Protocol):
    """One way of reaching a sender's place, opened.

    where: the place as told to people
    grows: whether a file can be seen there while it is still being written
    has_our_clock: whether its files' times are told by the clock of this machine
    """

    where: str
    grows: bool
    has_our_clock: bool

    def files(self) -> Listing | None:
        """What lies there, finished or not; None where the place does not exist."""

    def read(self, file: RemoteFile, start: int) -> AbstractContextManager[Stream]:
        """The file's bytes from there on; raises ChangedError where it is no longer the file that was listed."""

    def put(self, path: Path, name: str) -> None:
        """Write the local file there under that name, whole or not at all."""


def is_school_year(name: str) -> bool:
    """Whether a folder is called like 2023-24."""
    try:
        start_year(name)
    except ValueError:
        return False
    return True


def is_finished(name: str) -> bool:
    """Whether a file of this name (without folder) is to be taken: not hidden, not being sent, not made to harm."""
    lower = name.lower()
    return (
        name.isprintable()
        and "/" not in name
        and "\\" not in name
        and not lower.startswith((".", "~"))
        and not lower.endswith(UNFINISHED)
        and bool(name.strip())
    )
