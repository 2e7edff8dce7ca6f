"""Packed files: gzip and zip, read as a stream, with limits on what they may unpack to, and never by their own names.

A zip with several data files becomes one delivery per file when it is received (``unpack``); one with a single file
is a delivery like any other and is read where it lies (``unpacked``).
"""

from __future__ import annotations

import gzip
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingestion.contract import Contract
from ingestion.durable import PRIVATE_FILE, private_folder
from ingestion.errors import IngestionError, RefusedError

CHUNK = 8 * 1024 * 1024
GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second one is an archive without any file
WORKBOOK = "[Content_Types].xml"  # an .xlsx is a zip too; this is its table of contents
LARGEST, RATIO = "ATTENDANCE_UNPACKED_LIMIT", "ATTENDANCE_UNPACKED_RATIO"
ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz")
LEFTOVERS = ("__macosx/", "thumbs.db", "desktop.ini", ".ds_store")
ENCRYPTED = 0x1
LONGEST_NAME = 80
GIGABYTE = 10**9


@dataclass(frozen=True)
class Limits:
    """What a packed file may become.

    size:  bytes in all
    ratio: unpacked bytes for each packed one, once there are more than ``small`` of them
    """

    size: int = 20 * GIGABYTE
    ratio: int = 200
    small: int = 100_000_000

    def check(self, unpacked: int, packed: int) -> None:
        """Raise RefusedError where so many bytes out of so many packed ones are more than any extract needs."""
        if unpacked > self.size:
            raise RefusedError(
                f"The archive unpacks to more than {self.size / GIGABYTE:g} GB. Send it in parts; if it is right so, "
                f"raise {LARGEST} (in GB) where the warehouse runs."
            )
        if unpacked > self.small and unpacked > self.ratio * packed:
            raise RefusedError(
                f"The archive unpacks to more than {self.ratio} times its size, which no extract does. Send the file "
                f"plain; if it is right so, raise {RATIO} where the warehouse runs."
            )


@dataclass(frozen=True)
class Part:
    """One file out of an archive.

    name: as the archive has it, folders included, with ``/`` between them: told to people, never used as a path
    path: where its bytes lie
    """

    name: str
    path: Path


def read_limits() -> Limits:
    """The limits from the environment as it is now; raises IngestionError for what is no positive number."""
    given = {}
    for variable, unit, field in ((LARGEST, GIGABYTE, "size"), (RATIO, 1, "ratio")):
        if text := os.environ.get(variable, "").strip():
            if not re.fullmatch(r"[0-9]+([.][0-9]+)?", text) or float(text) == 0:
                raise IngestionError(f"{variable} is {text!r}: give a number above zero, or leave it out.")
            given[field] = int(float(text) * unit)
    return Limits(**given)


def starts_with(path: Path) -> bytes:
    """The first bytes of a file, by which it is known."""
    with path.open("rb") as file:
        return file.read(8)


def is_zip(path: Path) -> bool:
    """Whether the file is a zip archive, a workbook included."""
    return starts_with(path).startswith(ZIP)


@contextmanager
def _told() -> Iterator[None]:
    """Say in words what the libraries say of a packed file that cannot be read."""
    try:
        yield
    except (EOFError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, struct.error, ValueError) as error:
        raise RefusedError("The archive is not whole: it was cut off or damaged. Send it again.") from error
    except NotImplementedError as error:
        raise RefusedError(
            "The archive is packed in a way that cannot be read here. Pack it again as .gz, or as .zip (deflate)."
        ) from error


def _leads_out(entry: zipfile.ZipInfo) -> bool:
    """Whether an archive's file would land outside the folder that it is unpacked into, or is a link."""
    name = entry.orig_filename.replace("\\", "/")
    climbs = name.startswith("/") or ".." in name.split("/") or re.match(r"[A-Za-z]:", name) is not None
    return climbs or "\0" in name or stat.S_ISLNK(entry.external_attr >> 16)


def _shown(name: str) -> str:
    """A name out of an archive, safe to print."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:LONGEST_NAME]


def _is_leftover(name: str) -> bool:
    """Whether it is what an operating system or an open Excel leaves in a folder."""
    lowered = name.lower()
    last = lowered.rpartition("/")[2]
    return lowered.startswith(LEFTOVERS[0]) or last in LEFTOVERS or last.startswith((".", "~$"))


def _check_entry(entry: zipfile.ZipInfo) -> None:
    shown = _shown(entry.orig_filename)
    if _leads_out(entry):
        raise RefusedError(
            f"The archive holds {shown}, a name that leads out of the folder or a link. Nothing of it was read. "
            "Pack the files again, without folders."
        )
    if entry.flag_bits & ENCRYPTED:
        raise RefusedError(f"{shown} in the archive is protected by a password. Send it without.")
    if not entry.is_dir() and entry.filename.lower().endswith(ARCHIVES):
        raise RefusedError(f"The archive holds another archive, {shown}. Send the files in it themselves.")


def _entries(archive: zipfile.ZipFile, packed: int, limits: Limits) -> list[zipfile.ZipInfo]:
    """The data files of a zip, as its table of contents lists them; raises RefusedError where none of it may be read.

    What an entry unpacks to is bounded by the size that the table gives it: the reader stops there.
    """
    for entry in archive.infolist():
        _check_entry(entry)
    limits.check(sum(entry.file_size for entry in archive.infolist()), packed)
    files = [one for one in archive.infolist() if not one.is_dir() and not _is_leftover(one.filename)]
    names = [one.filename for one in files]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise RefusedError(f"The archive holds two files called {_shown(repeated[0])}. Send each under its own name.")
    if not files:
        raise RefusedError("The archive holds no file. Send it again.")
    return files


def workbook_size(path: Path, limits: Limits) -> None:
    """Raise RefusedError where a workbook, which is a zip, would unpack to more than it may."""
    with _told(), zipfile.ZipFile(path) as archive:
        limits.check(sum(entry.file_size for entry in archive.infolist()), path.stat().st_size)


def is_workbook(path: Path) -> bool:
    """Whether the file is a workbook of Excel 2007 or later; a zip that is not whole counts as none."""
    if not is_zip(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return WORKBOOK in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        return False


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _ungzip(path: Path, limits: Limits) -> Iterator[bytes]:
    packed, size = path.stat().st_size, 0
    with gzip.open(path) as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            limits.check(size, packed)
            yield chunk


def unpacked(path: Path, limits: Limits | None = None) -> Iterator[bytes]:
    """The bytes of a file, unpacked where it is gzip or a zip with one file in it, eight megabytes at a time.

    Raises RefusedError for an archive that is not whole, holds several files or none, is protected, holds a name that
    leads out of its folder or another archive, or unpacks to more than the limits allow.
    """
    start = starts_with(path)
    limits = limits or read_limits()
    with _told():
        if start.startswith(GZIP):
            yield from _ungzip(path, limits)
        elif start.startswith(ZIP):
            with zipfile.ZipFile(path) as archive:
                entries = _entries(archive, path.stat().st_size, limits)
                if len(entries) > 1:
                    named = ", ".join(_shown(one.filename) for one in entries[:3])
                    raise RefusedError(f"The archive holds {len(entries)} files ({named} …); one was expected.")
                yield from _read(archive, entries[0])
        else:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk


def unpack(path: Path, folder: Path, claimed: Contract | None = None, limits: Limits | None = None) -> tuple[Part, ...]:
    """Unpack a zip that is to be received as one delivery per file; no parts where it is to be received as it is.

    It is received as it is where it is no zip, or a workbook; where it holds one file only and a contract claims the
    archive's own name; and where it must be refused: the load then says why, and the ledger has its record.

    folder:  private, made where it does not exist; the parts lie in it under numbers. The caller empties it.
    claimed: the contract that claims the archive's own name, if any does
    """
    if not is_zip(path) or is_workbook(path):
        return ()
    limits = limits or read_limits()
    try:
        with _told(), zipfile.ZipFile(path) as archive:
            entries = _entries(archive, path.stat().st_size, limits)
            if len(entries) == 1 and claimed is not None:
                return ()
            private_folder(folder)
            return tuple(_write(archive, entry, folder / str(place)) for place, entry in enumerate(entries, start=1))
    except RefusedError:
        return ()


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> Part:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in _read(archive, entry):
            file.write(chunk)
    return Part(entry.filename.replace("\\", "/"), target)
