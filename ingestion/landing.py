"""The landing: bytes as received, content-addressed, for their owner only, never changed."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from attendance.settings import Settings
from ingestion.durable import PRIVATE_FILE, only_one, private_folder, put_in_place, temporary_name
from ingestion.ledger import Record, read_records

log = logging.getLogger(__name__)

# What was refused waits for its contract or the registry to be mended, what was received for a load.
WAITING_STAYS = 3
# When an API was last asked: nothing about anybody.
NOTES = frozenset({"asked.json"})

CHUNK = 8 * 1024 * 1024


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def landed_path(settings: Settings, digest: str) -> Path:
    """Where the bytes of that digest lie."""
    return settings.landing / digest[:2] / digest


def work_folder(settings: Settings, sender: str) -> Path:
    """Where a load of the sender keeps what it must write down for a while: as private as the landing itself."""
    private_folder(settings.landing)
    private_folder(settings.landing / ".work")
    return private_folder(settings.landing / ".work" / sender)


def land_whole(settings: Settings, path: Path, digest: str) -> None:
    """Move a private file of that digest, which nobody writes to any more, into the landing."""
    landed = landed_path(settings, digest)
    if landed.exists():
        path.unlink()
        return
    private_folder(landed.parent)
    path.chmod(PRIVATE_FILE)
    put_in_place(path, landed)


def land(settings: Settings, sender: str, path: Path) -> tuple[str, int]:
    """Copy a file into the landing; returns the digest and the size in bytes of what was copied.

    The bytes are copied before they are named, so a file that grows meanwhile lands under the name of what was read.
    """
    temporary = temporary_name(work_folder(settings, sender) / "landing")
    hasher, size = hashlib.sha256(), 0
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as copy, path.open("rb") as original:
            while chunk := original.read(CHUNK):
                hasher.update(chunk)
                size += len(chunk)
                copy.write(chunk)
        landed = landed_path(settings, hasher.hexdigest())
        if not landed.exists():
            private_folder(landed.parent)
            put_in_place(temporary, landed)
    finally:
        temporary.unlink(missing_ok=True)
    return hasher.hexdigest(), size


@dataclass(frozen=True)
class Emptied:
    """What the retention rule removed from the landing.

    done:    digests of which every delivery was loaded, or was the same as one that was
    waiting: digests with a delivery that was refused or never loaded
    strays:  bytes of no delivery at all, downloads that nobody took up again, old answers of an API
    """

    done: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    strays: int = 0


def empty_landing(settings: Settings, today: date) -> Emptied:
    """Remove the bytes of deliveries that came more than ``settings.landing_days`` before ``today`` (UTC).

    What was refused or not yet loaded stays thrice as long, then goes with a line in the log. Ledger records stay: what
    still lies in a sender's folder is not received again. Bytes that several deliveries share go when the last may.
    """
    by_digest: defaultdict[str, list[Record]] = defaultdict(list)
    with only_one(settings.home / "locks", "landing"):
        landed = {path.name: path for path in _landed(settings)}
        # read after the bytes were listed: what lands from now on is not among them
        for record in read_records(settings):
            by_digest[record.digest].append(record)
        done: list[str] = []
        waiting: list[str] = []
        strays = 0
        for digest, path in sorted(landed.items()):
            records = by_digest[digest]
            if not records:
                strays += _remove_stray(path, today, settings.landing_days)
            elif all(_may_go(record, today, settings.landing_days) for record in records):
                path.unlink(missing_ok=True)
                left = [record for record in records if not _is_done(record)]
                for record in left:
                    log.warning(
                        "%s %s %s was %s %s and never loaded: its bytes are removed from the landing. To have it, the "
                        "sender must send it again.",
                        record.sender, record.source, record.name, record.outcome, record.received_at.date(),
                    )  # fmt: skip
                (waiting if left else done).append(digest)
        strays += sum(_remove_stray(path, today, settings.landing_days) for path in _aside(settings))
    if done or waiting or strays:
        log.info("Landing: %d files removed after %d days.", len(done) + len(waiting) + strays, settings.landing_days)
    return Emptied(tuple(done), tuple(waiting), strays)


def _landed(settings: Settings) -> Iterator[Path]:
    return settings.landing.glob("[0-9a-f][0-9a-f]/*")


def _aside(settings: Settings) -> Iterator[Path]:
    """Unfinished downloads, and what is kept of an API's answers."""
    for folder in (".partial", ".api"):
        yield from (path for path in (settings.landing / folder).glob("*/*") if path.name not in NOTES)


def _is_done(record: Record) -> bool:
    return record.outcome in {"loaded", "unchanged"}


def _may_go(record: Record, today: date, days: int) -> bool:
    stays = days if _is_done(record) else days * WAITING_STAYS
    return record.received_at.date() + timedelta(days=stays) < today


def _remove_stray(path: Path, today: date, days: int) -> int:
    """Remove a file of which no record speaks when it is old; returns how many that were."""
    try:
        changed = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).date()
    except FileNotFoundError:
        return 0
    if changed + timedelta(days=days) >= today:
        return 0
    path.unlink(missing_ok=True)
    return 1
