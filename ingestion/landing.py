"""The landing: bytes as received, content-addressed, for their owner only, never changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from attendance.settings import Settings
from ingestion.durable import PRIVATE_FILE, private_folder, put_in_place, temporary_name

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
