"""What was seen at each sender, so that nothing is downloaded or unpacked twice. To be lost without harm."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from attendance.settings import Settings
from ingestion.durable import PRIVATE_FILE, write_whole

log = logging.getLogger(__name__)


class Arrival(BaseModel):
    """The last version of one file of a sender that was taken, and the deliveries that it became.

    identity: what the peer said of that version, hashed; for an archive in a folder the SHA-256 of its bytes
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    name: str
    identity: str
    deliveries: tuple[str, ...]


class Read(BaseModel):
    """A file in a local folder whose bytes were read: its stamp just before (see ``RemoteFile``), and their SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stamp: str
    digest: str


_READS = TypeAdapter(dict[str, dict[str, Read]])


def _path(settings: Settings, sender: str, source: str, name: str) -> Path:
    return settings.arrivals / sender / f"{hashlib.sha256(f'{source}|{name}'.encode()).hexdigest()[:24]}.json"


def read_arrival(settings: Settings, sender: str, source: str, name: str) -> Arrival | None:
    """The note about the file of that name; None where there is none, or none that can be read."""
    path = _path(settings, sender, source, name)
    try:
        return Arrival.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        log.warning("%s cannot be read: the file that it spoke of is fetched again.", path)
        return None


def write_arrival(settings: Settings, sender: str, arrival: Arrival) -> None:
    """Write the note over the one about an earlier version. To be called after the deliveries' records."""
    path = _path(settings, sender, arrival.source, arrival.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (arrival.model_dump_json(indent=2) + "\n").encode(), PRIVATE_FILE)


def _reads_path(settings: Settings, sender: str) -> Path:
    return settings.arrivals / sender / "read.json"


def read_reads(settings: Settings, sender: str) -> dict[str, dict[str, Read]]:
    """What was read of the sender's local files, by source and name; nothing where that is not known, or damaged."""
    path = _reads_path(settings, sender)
    try:
        return _READS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValidationError:
        log.warning("%s cannot be read: the files that it spoke of are read again.", path)
        return {}


def write_reads(settings: Settings, sender: str, reads: dict[str, dict[str, Read]]) -> None:
    """Write what was read of the sender's local files, over what was known before."""
    path = _reads_path(settings, sender)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _READS.dump_json(reads, indent=2) + b"\n", PRIVATE_FILE)
