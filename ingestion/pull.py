"""From a sender's folder to the landing: find what is new, keep its bytes, and write it into the ledger."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from attendance.settings import Settings
from ingestion.contract import Contract, read_contracts, start_year
from ingestion.durable import only_one
from ingestion.errors import IngestionError
from ingestion.landing import digest_of, land, landed_path
from ingestion.ledger import Record, read_records_of, write_record
from ingestion.registry import KINDS, Delivery, Lea, Registry, Sender

log = logging.getLogger(__name__)

PLACEHOLDER = "{school_year}"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


class PullError(IngestionError):
    """A sender's folder is not there; the message names it and says what was expected."""


@dataclass(frozen=True)
class Found:
    """A file in a sender's folder.

    name: below the source's folder
    hint: the folder's school year
    file: the file of the contract whose glob knows the name; None where none does
    """

    path: Path
    name: str
    hint: str | None
    file: str | None = None


def sent_at(path: Path) -> datetime:
    """When the file was sent: the eight-digit date at the end of its name, else its modification time. In UTC."""
    stem = path.name.removesuffix(".gz")
    stem = stem.rpartition(".")[0] or stem
    if found := re.search(r"(?<!\d)(\d{4})(\d{2})(\d{2})$", stem):
        try:
            return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
        except ValueError:
            pass  # eight digits that are no date: a number of the sender's own
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)


def _delivery_id(sender: str, source: str, name: str, sent: datetime, digest: str) -> str:
    told = "|".join((sender, source, name, sent.isoformat(), digest))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _is_finished(path: Path) -> bool:
    name = path.name.lower()
    return path.is_file() and not name.startswith((".", "~")) and not name.endswith(UNFINISHED)


def _year_folders(folder: Path, after: str) -> Iterator[tuple[Path, str]]:
    for candidate in sorted(folder.iterdir()):
        if not candidate.is_dir() or candidate.name.startswith("."):
            continue
        try:
            start_year(candidate.name)
        except ValueError:
            log.warning("%s is left alone: not a school year spelled like 2023-24", candidate)
            continue
        if (candidate / after).is_dir():
            yield candidate / after, candidate.name


def _find(root: Path, delivery: Delivery) -> list[Found] | None:
    """The finished files of one source, by name; None where its folder does not exist."""
    before, placeholder, after = delivery.folder.partition(PLACEHOLDER)
    base = root / before
    if not base.is_dir():
        return None
    if not placeholder:
        return [Found(path, path.name, None) for path in sorted(base.iterdir()) if _is_finished(path)]
    years = list(_year_folders(base, after.strip("/")))
    if not years:
        return None
    return [
        Found(path, path.relative_to(base).as_posix(), year)
        for folder, year in years
        for path in sorted(folder.iterdir())
        if _is_finished(path)
    ]


def _missing(root: Path, sender: Sender, source: str, delivery: Delivery) -> str:
    base, placeholder, _ = delivery.folder.partition(PLACEHOLDER)
    expected = delivery.folder.replace(PLACEHOLDER, "2023-24")
    kind = f"a folder per school year, such as {expected}" if placeholder else expected
    return (
        f"{sender.name} ({sender.code}) has no folder {delivery.folder if placeholder else base} below {root}; "
        f"expected {kind}, where its {source} files arrive. Is the place mounted, has the sender sent anything yet? "
        f"The registry names the folder under `sends: {source}`."
    )


def _receive(settings: Settings, sender: Sender, source: str, found: Found, known: dict[str, Record]) -> None:
    """Land one file and write its record, unless the ledger already knows it."""
    sent = sent_at(found.path)
    digest = digest_of(found.path)
    delivery_id = _delivery_id(sender.code, source, found.name, sent, digest)
    if delivery_id in known and not _was_replaced_since(known[delivery_id], known):
        landed = landed_path(settings, digest).exists()
        if landed or known[delivery_id].outcome in {"loaded", "unchanged"}:
            return
    digest, size = land(settings, sender.code, found.path)
    record = Record(
        delivery_id=_delivery_id(sender.code, source, found.name, sent, digest),
        sender=sender.code,
        source=source,
        file=found.file,
        name=found.name,
        digest=digest,
        size_bytes=size,
        school_year_hint=found.hint,
        sent_at=sent,
        received_at=datetime.now(tz=UTC),
    )
    write_record(settings, record)
    known[record.delivery_id] = record
    log.info("%s %s %s: received, %d bytes", sender.code, source, found.name, size)


def _was_replaced_since(record: Record, known: dict[str, Record]) -> bool:
    """Whether other bytes came under the same name and date after it: then what lies there now was sent again."""
    return any(
        (other.source, other.name, other.sent_at) == (record.source, record.name, record.sent_at)
        and other.received_at > record.received_at
        for other in known.values()
    )


def pull_new_files(
    settings: Settings,
    registry: Registry,
    sender_code: str,
    kind: str,
    contracts: tuple[Contract, ...] | None = None,
) -> list[str]:
    """Land what is new in the folders of the sender's sources of that kind (a key of ``KINDS``).

    Returns the ids of the deliveries that wait to be loaded, in the order of their sending: those that came now, and
    those that an earlier run received and did not load. Where nothing is new, only the files' digests are computed.

    Raises PullError where an LEA's folder does not exist. A missing folder of the county or the state is told in the
    log, and the run goes on without it.
    """
    sender = registry.sender(sender_code)
    contracts = read_contracts() if contracts is None else contracts
    sources = [source for source in KINDS[kind] if source in sender.sends]
    with only_one(settings.home / "locks", sender.code):
        known = {record.delivery_id: record for record in read_records_of(settings, sender.code)}
        for source in sources:
            delivery = sender.sends[source]
            root = settings.public if delivery.root == "public" else settings.extracts
            found = _find(root, delivery)
            if found is None and isinstance(sender, Lea):
                raise PullError(_missing(root, sender, source, delivery))
            claimed = [_claimed(file, source, contracts) for file in found or []]
            if delivery.root == "public":
                # what else the state publishes lies beside it and is nobody's delivery
                claimed = [file for file in claimed if file.file is not None]
            if not claimed and not isinstance(sender, Lea):
                hint = " `attendance fetch` downloads them." if delivery.fetch else ""
                log.warning("%s: no %s files in %s.%s", sender.name, source, root / delivery.folder, hint)
            for file in claimed:
                _receive(settings, sender, source, file, known)
    waiting = [record for record in known.values() if record.source in sources and record.outcome == "received"]
    return [record.delivery_id for record in sorted(waiting, key=lambda record: record.order)]


def _claimed(found: Found, source: str, contracts: tuple[Contract, ...]) -> Found:
    own = [contract for contract in contracts if contract.source == source]
    return replace(found, file=next((one.file for one in own if one.claims(found.path.name)), None))
