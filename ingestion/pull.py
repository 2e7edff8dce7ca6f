"""From a sender's place to the landing: find what is new, keep its bytes, and write it into the ledger."""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from attendance.settings import Settings
from ingestion.archives import is_zip, unpack
from ingestion.contract import Contract, claiming, read_contracts
from ingestion.durable import only_one
from ingestion.errors import IngestionError
from ingestion.landing import digest_of, land, land_whole, landed_path, work_folder
from ingestion.ledger import Record, read_records_of, write_record
from ingestion.registry import KINDS, AeriesApi, Delivery, Lea, Registry, Sender
from ingestion.room import FULL, room_on_disk
from ingestion.transports.arrivals import Arrival, Read, read_arrival, read_reads, write_arrival, write_reads
from ingestion.transports.checksums import Checksum, checksums_of, fault_of, is_checksum
from ingestion.transports.credentials import Lookup, credentials_from_environment
from ingestion.transports.download import download, partial_folder, partial_name
from ingestion.transports.opening import open_transport
from ingestion.transports.remote import (
    PLACEHOLDER,
    ChangedError,
    Listing,
    PassingError,
    Patience,
    RemoteFile,
    Transport,
    TransportError,
    is_finished,
)
from ingestion.transports.retry import retrying

log = logging.getLogger(__name__)

# A file that was last written longer ago than this is taken to be whole.
YOUNG = timedelta(seconds=60)
# After so many files in a row that broke off in every try, the sender's server is taken to be down.
TOO_MANY_BROKEN = 2


class PullError(IngestionError):
    """A sender's place is not there, or not all of it could be had; the message says what was expected, what to do.

    waiting:      ids of the sender's deliveries that can be loaded all the same
    is_permanent: whether to try again by itself would change nothing: a wrong password, another host key
    """

    def __init__(self, message: str, waiting: Sequence[str] = (), *, is_permanent: bool = False) -> None:
        super().__init__(message)
        self.waiting = list(waiting)
        self.is_permanent = is_permanent


@dataclass(frozen=True)
class _Arrived:
    """A file as it lies here, before it is landed.

    path:       where its bytes are
    name:       below the source's folder; a file out of an archive stands below the archive
    hint:       the folder's school year
    sent_at:    when it was sent, in UTC
    changed_at: when it, or what speaks of its checksum, was last changed at the sender; none where nobody says
    is_ours:    whether it was made here, for the landing to take
    digest:     SHA-256 of its bytes, where it is known already
    """

    path: Path
    name: str
    hint: str | None
    sent_at: datetime
    changed_at: datetime | None
    is_ours: bool
    digest: str | None = None


@dataclass
class _Run:
    """One pull of one sender: what it needs, and what the ledger knows by now.

    last:  when the last bytes under a source, name and date of sending were received
    reads: what was read of its local files by an earlier run, by source and name
    seen:  the same after this one, for the sources that it looked at
    """

    settings: Settings
    sender: Sender
    contracts: tuple[Contract, ...]
    patience: Patience
    reads: dict[str, dict[str, Read]]
    known: dict[str, Record] = field(default_factory=dict)
    seen: dict[str, dict[str, Read]] = field(default_factory=dict)
    last: dict[tuple[str, str, datetime], datetime] = field(default_factory=dict)
    is_again: bool = False
    faults: list[IngestionError] = field(default_factory=list)

    def remember(self, record: Record) -> None:
        """Know the record as the ledger does."""
        self.known[record.delivery_id] = record
        key = (record.source, record.name, record.sent_at)
        self.last[key] = max(record.received_at, self.last.get(key, record.received_at))

    def claimed(self, source: str, name: str) -> Contract | None:
        """The contract that knows a file by its name."""
        return claiming([contract for contract in self.contracts if contract.source == source], name)


def _date_in(name: str) -> datetime | None:
    """The eight-digit date at the end of a file's name, in UTC."""
    stem = name.rpartition("/")[2].removesuffix(".gz")
    stem = stem.rpartition(".")[0] or stem
    if found := re.search(r"(?<!\d)(\d{4})(\d{2})(\d{2})$", stem):
        try:
            return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
        except ValueError:
            pass  # eight digits that are no date: a number of the sender's own
    return None


def sent_at(path: Path) -> datetime:
    """When the file was sent: the eight-digit date at the end of its name, else its modification time. In UTC."""
    return _date_in(path.name) or datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)


def _delivery_id(sender: str, source: str, name: str, sent: datetime, digest: str) -> str:
    told = "|".join((sender, source, name, sent.isoformat(), digest))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _missing(settings: Settings, sender: Sender, source: str, delivery: Delivery, where: str) -> str:
    place = delivery.sftp.path if delivery.sftp else delivery.s3.prefix if delivery.s3 else delivery.folder
    root = settings.public if delivery.root == "public" else settings.extracts
    base, placeholder, _ = place.partition(PLACEHOLDER)
    expected = place.replace(PLACEHOLDER, "2023-24")
    kind = f"a folder per school year, such as {expected}" if placeholder else expected
    return (
        f"{sender.name} ({sender.code}) has no folder {place if placeholder else base} "
        f"{f'below {root}' if delivery.folder else f'at {where}'}; "
        f"expected {kind}, where its {source} files arrive. Is the place mounted, has the sender sent anything yet? "
        f"The registry names the folder under `sends: {source}`."
    )


@contextmanager
def _steps(run: _Run) -> Iterator[None]:
    """One source's steps: what goes wrong there is kept for the end, and the other sources go on."""
    try:
        yield
    except TransportError as fault:
        run.faults.append(fault)
    except OSError as error:
        if error.errno in FULL:
            raise
        run.faults.append(PullError(f"{error.filename or 'A file'} cannot be read: {error.strerror}."))


@dataclass(frozen=True)
class _Source:
    """One source of the sender, its transport open, and what lies there."""

    name: str
    delivery: Delivery
    transport: Transport
    listing: Listing


def _look(run: _Run, transport: Transport) -> Listing | None:
    """What lies at the sender's place, by name; None where the place does not exist."""
    for attempt in retrying(run.patience):
        with attempt:
            listing = transport.files()
    if listing is None:
        return None
    run.faults.extend(listing.faults)
    return replace(listing, files=tuple(file for file in listing.files if is_finished(file.name.rpartition("/")[2])))


def _open(run: _Run, stack: ExitStack, source: str, credentials: Lookup) -> _Source | None:
    delivery = run.sender.sends[source]
    transport = stack.enter_context(open_transport(run.settings, delivery, credentials, run.patience))
    listing = _look(run, transport)
    if listing is None and isinstance(run.sender, Lea):
        run.faults.append(PullError(_missing(run.settings, run.sender, source, delivery, transport.where)))
        return None
    files = () if listing is None else listing.files
    if delivery.root == "public":
        # what else the state publishes lies beside it and is nobody's delivery
        files = tuple(file for file in files if is_checksum(file.name) or run.claimed(source, file.name))
    if not files and not isinstance(run.sender, Lea):
        hint = " `attendance fetch` downloads them." if delivery.fetch else ""
        log.warning("%s: no %s files in %s.%s", run.sender.name, source, transport.where, hint)
    return _Source(source, delivery, transport, Listing(files))


def _may_grow(run: _Run, transport: Transport, file: RemoteFile, now: datetime) -> bool:
    """Whether a second look is needed: by our own clock, a file's time says how long it has stood still."""
    limit = min(YOUNG, timedelta(seconds=run.settings.settle_seconds)) if transport.has_our_clock else YOUNG
    return transport.grows and file.modified is not None and now - file.modified < limit


def _standing_still(run: _Run, sources: list[_Source]) -> list[_Source]:
    """The sources without files that grow. Only where a file is younger than a minute is there a second look."""
    now = datetime.now(tz=UTC)
    looked = time.monotonic()
    still = []
    for source in sources:
        young = [file for file in source.listing.files if _may_grow(run, source.transport, file, now)]
        if not young or run.settings.settle_seconds <= 0:
            still.append(source)
            continue
        # the pause is made once for all sources, from the first look on
        time.sleep(max(0.0, looked + run.settings.settle_seconds - time.monotonic()))
        with _steps(run):
            again = _look(run, source.transport)
            seen = {file.identity for file in again.files} if again else set()
            growing = {file.name for file in young if file.identity not in seen}
            for name in sorted(growing):
                log.info("%s %s %s is still being written: left for the next run", run.sender.code, source.name, name)
            kept = tuple(file for file in source.listing.files if file.name not in growing)
            still.append(replace(source, listing=Listing(kept)))
    return still


def _receive_all(run: _Run, source: _Source) -> None:
    """Land what is new of one source, file by file; a file that cannot be had stops no other."""
    checksums = checksums_of(source.listing.files)
    broken = 0
    for file in source.listing.files:
        if is_checksum(file.name):
            continue
        with _steps(run):
            try:
                _receive(run, source, file, checksums.get(file.name))
                broken = 0
            except ChangedError as changed:
                log.info("%s %s %s Left for the next run.", run.sender.code, source.name, changed)
            except FileNotFoundError:
                log.info("%s %s %s is gone again", run.sender.code, source.name, file.name)
            except PassingError:
                broken += 1
                raise
        if broken >= TOO_MANY_BROKEN:
            log.warning("%s %s: no further file is tried in this run", run.sender.code, source.name)
            return


def _receive(run: _Run, source: _Source, file: RemoteFile, checksum: Checksum | None) -> None:
    """Land one file of the sender's, or each file of an archive, unless the ledger already knows it."""
    if file.local is not None:
        digest = _digest(run, source.name, file, file.local)
        if not is_zip(file.local):
            arrived = replace(_arrived(run, source, file, checksum, file.local), digest=digest)
            _land(run, source.name, arrived, _check(run, source, arrived, checksum))
            return
        path, identity = file.local, _identity(digest, checksum)
        if not _is_to_be_had(run, source, file, identity):
            return
    else:
        identity = _identity(file.identity, checksum)
        if file.is_identified and not _is_to_be_had(run, source, file, identity):
            return
        target = partial_folder(run.settings, run.sender.code) / partial_name(source.name, file)
        path = download(source.transport, file, target, run.patience)
    arrived = _arrived(run, source, file, checksum, path)
    check = _check(run, source, arrived, checksum)
    delivered = _land_archive(run, source.name, arrived, check)
    if delivered is None:
        delivered = [_land(run, source.name, arrived, check)]
    elif arrived.is_ours:
        path.unlink(missing_ok=True)
    write_arrival(
        run.settings,
        run.sender.code,
        Arrival(source=source.name, name=file.name, identity=identity, deliveries=tuple(filter(None, delivered))),
    )


def _digest(run: _Run, source: str, file: RemoteFile, path: Path) -> str:
    """SHA-256 of a local file's bytes, which are read again only if the file is not the one that was read before."""
    known = run.reads.get(source, {}).get(file.name)
    if known is None or known.stamp != file.stamp:
        digest = digest_of(path)
        known = Read(stamp=file.stamp, digest=digest) if file.stamp is not None else None
    else:
        digest = known.digest
    if known is not None:
        run.seen.setdefault(source, {})[file.name] = known
    return digest


def _identity(of_file: str, checksum: Checksum | None) -> str:
    """Of a file and of what speaks of its checksum: when either changes, both are looked at again."""
    return of_file if checksum is None else f"{of_file}+{checksum.file.identity}"


def _is_to_be_had(run: _Run, source: _Source, file: RemoteFile, identity: str) -> bool:
    """Whether this version was never taken, or its bytes were lost before they could be loaded."""
    note = read_arrival(run.settings, run.sender.code, source.name, file.name)
    if note is None or note.identity != identity:
        return True
    return not all(_is_kept(run, run.known.get(one), file) for one in note.deliveries)


def _is_kept(run: _Run, record: Record | None, file: RemoteFile) -> bool:
    """Whether the delivery that the file became is in the ledger, and is not to be had once more."""
    if record is None:
        return False
    if landed_path(run.settings, record.digest).exists():
        return True
    if record.outcome in {"loaded", "unchanged"}:
        return not run.is_again
    sent_again = file.modified is not None and file.modified > record.received_at
    return record.outcome == "refused" and not sent_again


def _arrived(run: _Run, source: _Source, file: RemoteFile, checksum: Checksum | None, path: Path) -> _Arrived:
    changes = [one.modified for one in (file, *([checksum.file] if checksum else [])) if one.modified]
    sent = _date_in(file.name) or file.modified or _first_seen(run, source, file, path)
    return _Arrived(path, file.name, file.hint, sent, max(changes, default=None), file.local is None)


def _first_seen(run: _Run, source: _Source, file: RemoteFile, path: Path) -> datetime:
    """Where nobody says when a file was sent: now, or when these bytes came if they are the last under that name."""
    same_name = [one for one in run.known.values() if (one.source, one.name) == (source.name, file.name)]
    last = max(same_name, key=lambda one: one.received_at, default=None)
    return last.sent_at if last and last.digest == digest_of(path) else datetime.now(tz=UTC)


def _check(run: _Run, source: _Source, arrived: _Arrived, checksum: Checksum | None) -> Callable[[], str | None] | None:
    """What says whether the bytes are those of the checksum that was sent with them; none where none was."""
    if checksum is None:
        return None
    return partial(fault_of, source.transport, checksum, arrived.name, arrived.path, run.patience)


def _land_archive(
    run: _Run, source: str, arrived: _Arrived, fault_in: Callable[[], str | None] | None
) -> list[str | None] | None:
    """Land the files of an archive, each as a delivery of its own; None where it is to be landed as it is."""
    if not is_zip(arrived.path) or (fault_in and fault_in()):
        return None
    folder = work_folder(run.settings, run.sender.code) / "unpacked"
    try:
        parts = unpack(arrived.path, folder, run.claimed(source, arrived.name))
        landed = []
        for part in parts:
            sent = _date_in(part.name) or arrived.sent_at
            name = f"{arrived.name}/{part.name}"
            inside = replace(arrived, path=part.path, name=name, sent_at=sent, is_ours=True, digest=None)
            landed.append(_land(run, source, inside))
        return landed or None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _land(run: _Run, source: str, arrived: _Arrived, fault_in: Callable[[], str | None] | None = None) -> str | None:
    """Land one delivery and write its record; returns its id, none where the file changed under our hands.

    fault_in: says what is wrong with the bytes by the checksum that was sent with them, where one was
    """
    sender, digest = run.sender.code, arrived.digest or digest_of(arrived.path)
    delivery_id = _delivery_id(sender, source, arrived.name, arrived.sent_at, digest)
    previous = run.known.get(delivery_id)
    if run.is_again and previous and previous.outcome in {"loaded", "unchanged"}:
        _land_again(run, arrived, digest)
        return delivery_id
    if previous and _is_settled(run, previous, arrived, has_checksum=fault_in is not None):
        if arrived.is_ours:
            arrived.path.unlink(missing_ok=True)
        return delivery_id
    claimed = run.claimed(source, arrived.name)
    record = Record(
        delivery_id=delivery_id,
        sender=sender,
        source=source,
        file=claimed.file if claimed else None,
        name=arrived.name,
        digest=digest,
        size_bytes=arrived.path.stat().st_size,
        school_year_hint=arrived.hint,
        sent_at=arrived.sent_at,
        received_at=datetime.now(tz=UTC),
    )
    fault = fault_in() if fault_in else None
    if fault:
        if arrived.is_ours:
            arrived.path.unlink(missing_ok=True)
        record = record.model_copy(update={"outcome": "refused", "message": fault, "loaded_at": record.received_at})
        log.warning("%s %s %s: refused. %s", sender, source, arrived.name, fault)
    elif arrived.is_ours:
        land_whole(run.settings, arrived.path, digest)
    elif land(run.settings, sender, arrived.path) != (digest, record.size_bytes):
        log.info("%s %s %s is being written: left for the next run", sender, source, arrived.name)
        run.seen.get(source, {}).pop(arrived.name, None)
        return None
    write_record(run.settings, record)
    run.remember(record)
    if not fault:
        log.info("%s %s %s: received, %d bytes", sender, source, arrived.name, record.size_bytes)
    return delivery_id


def _land_again(run: _Run, arrived: _Arrived, digest: str) -> None:
    """Bring the bytes of what was loaded back into the landing, where they have gone from it."""
    if arrived.is_ours:
        land_whole(run.settings, arrived.path, digest)
    elif not landed_path(run.settings, digest).exists():
        land(run.settings, run.sender.code, arrived.path)


def _is_settled(run: _Run, record: Record, arrived: _Arrived, *, has_checksum: bool) -> bool:
    """Whether the delivery that lies there is the one that the ledger knows, with nothing left to do about it."""
    # other bytes came under the same name and date after it: then what lies there now was sent again
    if run.last[record.source, record.name, record.sent_at] > record.received_at:
        return False
    landed = landed_path(run.settings, record.digest).exists()
    if record.outcome == "refused" and (has_checksum or not landed):
        # its bytes went by the landing's rule, or never came in: it is had again only if it was sent again
        return arrived.changed_at is not None and arrived.changed_at <= record.received_at
    return landed or record.outcome in {"loaded", "unchanged"}


def _ask_aeries(run: _Run, source: str, api: AeriesApi, credentials: Lookup, stretch: tuple[date, date] | None) -> None:
    """Land what the Aeries API has of the sender, as files that stand for it."""
    from ingestion.transports.aeries.client import AeriesClient  # noqa: PLC0415
    from ingestion.transports.aeries.delivery import bring  # noqa: PLC0415

    if not isinstance(run.sender, Lea):
        raise TransportError(f"{run.sender.name}: an Aeries API is a district's. Name it in a file of config/leas/.")
    with AeriesClient(api, credentials(api.connection), run.patience) as client:
        brought = bring(run.settings, run.sender, client, datetime.now(tz=UTC), stretch)
    run.faults.extend(brought.faults)
    for made in brought.made:
        sent = _date_in(made.name) or datetime.now(tz=UTC)
        _land(run, source, _Arrived(made.path, made.name, made.hint, sent, None, is_ours=True))
    brought.done()


def pull_new_files(  # noqa: PLR0917 - as the DAGs call it
    settings: Settings,
    registry: Registry,
    sender_code: str,
    kind: str,
    contracts: tuple[Contract, ...] | None = None,
    credentials: Lookup = credentials_from_environment,
    *,
    again: tuple[date, date] | None = None,
    source: str | None = None,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> list[str]:
    """Land what is new at the places of the sender's sources of that kind (a key of ``KINDS``).

    credentials: who we are at a place, by the name of its connection
    again:       school days, both included, to have again: an API is asked for them and not for the last weeks; files
                 that were loaded and are no longer in the landing are landed anew, their records staying as they are
    source:      only this one of the kind's sources

    Returns the ids of the deliveries that wait to be loaded, in the order of their sending: those that came now, and
    those that an earlier run received and did not load. What was read already in a folder on this machine's own disk,
    and has not changed since, is not read again; files in a mounted folder are, each time.

    Raises PullError where an LEA's place does not exist or cannot be used, after all that could be had has landed. A
    missing folder of the county or the state is told in the log, and the run goes on without it.
    """
    sender = registry.sender(sender_code)
    contracts = read_contracts() if contracts is None else contracts
    sources = [one for one in KINDS[kind] if one in sender.sends and source in {None, one}]
    with only_one(settings.home / "locks", sender.code), room_on_disk(sender.code), ExitStack() as stack:
        reads = read_reads(settings, sender.code)
        run = _Run(settings, sender, contracts, patience, reads, is_again=again is not None)
        for record in read_records_of(settings, sender.code):
            run.remember(record)
        opened: list[_Source] = []
        for name in sources:
            with _steps(run):
                if (api := sender.sends[name].aeries_api) is not None:
                    _ask_aeries(run, name, api, credentials, again)
                elif (found := _open(run, stack, name, credentials)) is not None:
                    opened.append(found)
        for one in _standing_still(run, opened):
            _receive_all(run, one)
        others = {source: files for source, files in reads.items() if source not in sources}
        if reads != others | run.seen:
            write_reads(settings, sender.code, others | run.seen)
    waiting = [record for record in run.known.values() if record.source in sources and record.outcome == "received"]
    ids = [record.delivery_id for record in sorted(waiting, key=lambda record: record.order)]
    if run.faults:
        raise PullError(
            "\n".join(dict.fromkeys(map(str, run.faults))),
            ids,
            is_permanent=all(getattr(fault, "is_permanent", False) for fault in run.faults),
        )
    return ids
