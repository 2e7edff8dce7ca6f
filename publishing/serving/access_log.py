"""Who read which student-level mart, and when: kept from the server's log, without a word of what was asked.

A read of a student-level relation runs ``access.noted`` (see ``publishing/serving/access.py``), which writes one line
to the server's JSON log, in the server's own name: the reader can neither forge whose it is nor take it back with the
transaction. Here those lines become the access log, a file of JSON lines for each file of the server's log, which may
then be deleted. A file is written anew until its log is closed, so an interruption costs and doubles nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from attendance.settings import Settings
from publishing.errors import PublishingError
from publishing.serving.access import NOTED, NOTED_MESSAGE

# What the server has to be started with. A new file each day and 64 MB; owner-only.
SERVER_SETTINGS: Mapping[str, str] = {
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "log_directory": "reads",
    "log_filename": "postgresql-%Y%m%d-%H%M%S.log",
    "log_file_mode": "0600",
    "log_rotation_age": "1d",
    "log_rotation_size": "64MB",
    "log_truncate_on_rotation": "off",
    "log_timezone": "UTC",
    "log_connections": "off",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}

COLUMNS = "{read_at: 'timestamptz', role: 'varchar', relation: 'varchar', session: 'varchar', address: 'varchar'}"


class AccessLogError(PublishingError):
    """The access log cannot be written or read; the message says why and what to do."""


@dataclass(frozen=True)
class Read:
    """One execution of a query that read one student-level relation.

    role: who was logged in; session: the server's name of the connection; address: from where, as the server sees it
    """

    read_at: datetime
    role: str
    relation: str
    session: str
    address: str | None


@dataclass(frozen=True)
class Harvested:
    """What a harvest did: reads kept, files of the server's log looked at, and those that were deleted."""

    reads: int
    files: int
    deleted: int


def reads_in(lines: Iterator[str]) -> Iterator[Read]:
    """The reads among the lines of a JSON log; the last line may be cut short, as the server is writing it."""
    for line in lines:
        # nearly all other lines are told apart without being understood
        if NOTED not in line or not line.endswith("\n"):
            continue
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise AccessLogError(f"A line of the server's log is no JSON: {line[:40]!r}… ({error})") from error
        message = entry.get("message", "")
        if entry.get("state_code") != NOTED or not message.startswith(NOTED_MESSAGE):
            continue
        told = entry["timestamp"].removesuffix(" UTC")
        yield Read(
            read_at=datetime.strptime(told, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC),
            role=entry["user"],
            relation=message.removeprefix(NOTED_MESSAGE),
            session=entry["session_id"],
            address=entry.get("remote_host"),
        )


def harvest(server_log: Path, access_log: Path, *, delete: bool) -> Harvested:
    """Keep what the server's log tells of reads. ``delete``: then delete its files, all but the one being written.

    server_log: the folder of the server's log; access_log: an owner-only folder, made where it is missing
    """
    if not server_log.is_dir():
        raise AccessLogError(f"{server_log} is no folder: is the server started with logging_collector and jsonlog?")
    access_log.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = sorted(server_log.glob("*.json"))
    total = deleted = 0
    for path in files:
        with path.open(encoding="utf-8", errors="replace") as lines:
            reads = list(reads_in(iter(lines)))
        total += len(reads)
        if reads:
            _write(access_log / f"{path.stem}.jsonl", reads)
        if delete and path != files[-1]:
            path.unlink()
            path.with_suffix(".log").unlink(missing_ok=True)
            deleted += 1
    return Harvested(total, len(files), deleted)


def keep_reads(settings: Settings, progress: Callable[[str], None] = lambda _line: None) -> None:
    """Keep what the log of the server of our own tells of reads, and delete what it need not tell any more.

    At each publication, so that the log does not grow. What fails is told and stops nothing: nothing is lost by it.
    """
    if settings.postgres or not settings.server_log.is_dir():
        return
    try:
        harvest(settings.server_log, settings.access_log, delete=True)
    except (PublishingError, OSError) as error:
        progress(f"The access log could not be kept: {error}. attendance access-log tries again.")


def _write(path: Path, reads: list[Read]) -> None:
    """Whole or not at all, and nobody else's to read."""
    beside = path.with_suffix(".part")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.writelines(json.dumps({**vars(read), "read_at": read.read_at.isoformat()}) + "\n" for read in reads)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)


@dataclass(frozen=True)
class Reader:
    """One role and one relation: how often, in how many sessions, the first and the last time."""

    role: str
    relation: str
    reads: int
    sessions: int
    first_read: datetime
    last_read: datetime


def readers(
    access_log: Path, *, role: str | None = None, relation: str | None = None, since: datetime | None = None
) -> tuple[Reader, ...]:
    """Who read what, the last first."""
    if not any(access_log.glob("*.jsonl")):
        return ()
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        found = connection.execute(
            f"""
            select role, relation, count(*), count(distinct session), min(read_at), max(read_at)
            from read_json(?, format = 'newline_delimited', columns = {COLUMNS})
            where role = coalesce(?, role) and relation = coalesce(?, relation)
                and read_at >= coalesce(?, timestamptz '1970-01-01')
            group by role, relation
            order by max(read_at) desc, role, relation
            """,
            [str(access_log / "*.jsonl"), role, relation, since],
        ).fetchall()
    return tuple(Reader(*row) for row in found)
