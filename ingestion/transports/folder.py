"""A local or mounted folder."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from ingestion.durable import put_in_place, temporary_name
from ingestion.transports.remote import (
    CHUNK,
    PLACEHOLDER,
    ChangedError,
    Listing,
    RemoteFile,
    Stream,
    TransportError,
    is_school_year,
)

log = logging.getLogger(__name__)

JUST_NOW = 2.0  # seconds: the coarsest tick in which a file system tells time


class FolderTransport:
    """The folder ``pattern`` below ``root``; ``{school_year}`` in it stands for a folder per school year."""

    grows = True

    def __init__(self, root: Path, pattern: str, ours: Path) -> None:
        """``ours``: a folder of this machine's own, to tell a mounted one by."""
        self.root = root
        self.pattern = pattern
        self.where = str(root / pattern)
        self.disk = ours.stat().st_dev if ours.exists() else None
        self.has_our_clock = root.exists() and root.stat().st_dev == self.disk

    def files(self) -> Listing | None:
        """What lies in the folder, or in each school year's."""
        before, placeholder, after = self.pattern.partition(PLACEHOLDER)
        base = self.root / before
        if not base.is_dir():
            return None
        if not placeholder:
            return Listing(tuple(self._files(base, base, None)))
        years = list(_year_folders(base, after.strip("/")))
        if not years:
            return None
        return Listing(tuple(file for folder, year in years for file in self._files(folder, base, year)))

    def _files(self, folder: Path, base: Path, year: str | None) -> Iterator[RemoteFile]:
        for path in sorted(folder.iterdir()):
            try:
                if not path.is_file():
                    continue
                stat = path.stat()
            except FileNotFoundError:
                continue  # renamed between the two looks: it is seen under its new name next time
            yield RemoteFile(
                name=path.relative_to(base).as_posix(),
                path=str(path),
                hint=year,
                size=stat.st_size,
                modified=datetime.fromtimestamp(stat.st_mtime, tz=UTC),
                local=path,
                stamp=_stamp(stat) if stat.st_dev == self.disk else None,
            )

    @contextmanager
    def read(self, file: RemoteFile, start: int) -> Iterator[Stream]:
        """The file's bytes from ``start`` on."""
        try:
            with Path(file.path).open("rb") as opened:
                opened.seek(start)
                yield Stream(start, iter(lambda: opened.read(CHUNK), b""))
        except FileNotFoundError:
            raise ChangedError(f"{file.path} is no longer there.") from None

    def put(self, path: Path, name: str) -> None:
        """Copy the file into the folder, under a temporary name first."""
        target = self.root / self.pattern / name
        temporary = temporary_name(target)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as source, temporary.open("xb") as copy:
                shutil.copyfileobj(source, copy, CHUNK)
            put_in_place(temporary, target)
        except OSError as error:
            raise TransportError(f"{target} cannot be written: {error.strerror}. Is the place mounted?") from error
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _year_folders(folder: Path, after: str) -> Iterator[tuple[Path, str]]:
    for candidate in sorted(folder.iterdir()):
        if not candidate.is_dir() or candidate.name.startswith("."):
            continue
        if not is_school_year(candidate.name):
            log.warning("%s is left alone: not a school year spelled like 2023-24", candidate)
        elif (candidate / after).is_dir():
            yield candidate / after, candidate.name


def _stamp(stat: os.stat_result) -> str | None:
    """Inode, size and both times; none of a file that changed just now, and may change within the same tick.

    Whoever may set a file's modification time, as rsync and cp do, cannot set when that was done: the change time is
    the system's own.
    """
    if abs(time.time() - stat.st_ctime) < JUST_NOW:
        return None
    return f"{stat.st_ino} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"
