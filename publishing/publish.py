"""Publication: a whole, tested database and what people see of it take the place of the old ones, or nothing does.

Everything is made beside what people see first: the pages, the tables of PostgreSQL, a file per audience. These are the
long steps and the likeliest to fail. Then four things change, each in one step: PostgreSQL's schemas in a transaction,
the link ``site``, the link ``copies``, and last the database, which takes the old one's name. Whoever reads sees the
old or the new, each whole. What shall be is written down before the first of these steps (``publishing/release.py``),
so a publication that was killed in between is completed by running it again, or taken back by a rollback.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import psycopg

from attendance.settings import NO_POSTGRES, Settings
from publishing import open_data
from publishing.audit.releases import record_release
from publishing.audit.report import Audit, audit_settings
from publishing.definition import LANGUAGES
from publishing.errors import PublishingError
from publishing.held import hold_cells
from publishing.release import Pair, Record, Release, id_of, place, point, read_record, write_record
from publishing.serving import copies, swap
from publishing.serving.access_log import keep_reads
from publishing.serving.catalog import read_tables
from publishing.serving.load import APPLICATION, Grant, load
from publishing.serving.rights import read_rights
from publishing.serving.server import open_server
from publishing.site.build import SiteReport, render_site

__all__ = ["PublicationError", "PublishReport", "SiteReport", "UnsafeError", "publish", "render_site", "roll_back"]

Progress: TypeAlias = Callable[[str], None]

# What a database must hold to be published.
SCHEMAS = ("marts", open_data.SCHEMA)
# Of the digest, in the name of a folder.
_DIGITS = 16


class PublicationError(PublishingError):
    """Nothing was published; the message names what stands in the way and what to do."""


class UnsafeError(PublicationError):
    """The audit stops the publication; ``audited`` is what it found."""

    def __init__(self, audited: Audit) -> None:
        self.audited = audited
        super().__init__("\n".join(["Nothing was published: the audit stops it.", *audited.lines()]))


@dataclass(frozen=True)
class PublishReport:
    """What was published.

    warehouse: the database as it is now read
    site:      the link to the pages; ``folder`` is where it leads
    pages:     how many
    tables, rows: what PostgreSQL serves; None where it is turned off, or was done by an earlier attempt
    copies:    the link to the files of each audience; None where PostgreSQL is turned off
    verdict:   the audit's, in a line; None where an earlier attempt had made everything ready
    """

    warehouse: Path
    site: Path
    folder: Path
    pages: int
    school_years: tuple[str, ...]
    digest: str
    release: str
    tables: int | None = None
    rows: int | None = None
    copies: Path | None = None
    verdict: str | None = None


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the lock of publications; PublicationError while another holds it. The system frees it with the process."""
    settings.home.mkdir(parents=True, exist_ok=True)
    lock = settings.home / "publish.lock"
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PublicationError(f"Another publication is at work ({lock}). Wait for it to end.") from error
        yield


def _check(settings: Settings) -> None:
    try:
        open_data.check_database(settings.building, SCHEMAS)
    except open_data.OpenDataError as error:
        raise PublicationError(f"Nothing was published. {error}") from error
    log = settings.warehouse.with_name(settings.warehouse.name + ".wal")
    if log.exists():
        raise PublicationError(
            f"Nothing was published. {log} lies beside the published database: someone has it open for writing. Close "
            "it there, or remove the file if no one has; the published database is never written to."
        )
    for link in (settings.site, settings.copies):
        if link.exists() and not link.is_symlink():
            raise PublicationError(
                f"Nothing was published. {link} is a folder of its own, not a link that a publication made. "
                "Move it away and publish again."
            )


# ---- the audit ----


def _passed(settings: Settings) -> Path:
    """Where it is written which file the audit has passed, and its verdict."""
    return settings.building.with_name("audited")


def audit_built(settings: Settings, progress: Progress = lambda _line: None) -> str:
    """Audit what waits to be published, as a step of its own; a publication then does not do it again.

    Returns the verdict in a line. Raises PublicationError as a publication does.
    """
    _check(settings)
    # of the file as it is now: where another takes its place meanwhile, that one has not passed
    identity = id_of(settings.building)
    verdict = _audit(settings, progress)
    _passed(settings).write_text(f"{identity}\n{verdict}", encoding="utf-8")
    progress(verdict)
    return verdict


def _audit(settings: Settings, progress: Progress) -> str:
    """The audit's verdict in a line; PublicationError, in its words, where a hidden count is given away."""
    audited = audit_settings(settings, progress, database=settings.building)
    if not audited.is_safe:
        raise UnsafeError(audited)
    return audited.lines()[-1]


def _audit_unless_passed(settings: Settings, release: str, progress: Progress) -> str:
    passed = _passed(settings)
    told = passed.read_text(encoding="utf-8").partition("\n") if passed.exists() else ("", "", "")
    return told[2] if told[0] == release else _audit(settings, progress)


# ---- the pages ----


def _unfinished(link: Path) -> str:
    """How the names of things begin that a publication has not finished."""
    return f".{link.name}-unfinished-"


def _render(settings: Settings, progress: Progress) -> tuple[SiteReport, Path]:
    """Render into a new folder beside the site, named for its content once it is whole."""
    settings.site.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=_unfinished(settings.site), dir=settings.site.parent))
    try:
        report = render_site(settings.building, scratch, settings.dashboards, progress)
        folder = settings.site.with_name(f"{settings.site.name}-{report.digest[:_DIGITS]}")
        scratch.chmod(0o755)
        if folder.is_dir():
            # The same content was published before: its folder is as good, and may be in use.
            shutil.rmtree(scratch)
            os.utime(folder)
        else:
            scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return report, folder


# ---- PostgreSQL ----


@contextmanager
def _serving(settings: Settings) -> Iterator[psycopg.Connection | None]:
    """A connection that holds the lock of publications; None where PostgreSQL is turned off."""
    if settings.postgres == NO_POSTGRES:
        yield None
        return
    server = open_server(settings)
    with server.connect() as connection:
        connection.execute(f"set application_name = '{APPLICATION}'")
        with swap.alone(connection, APPLICATION):
            yield connection


@dataclass(frozen=True)
class _Staged:
    """What lies ready: the new release, and what PostgreSQL has of it."""

    release: Release
    verdict: str
    readers: Mapping[str, tuple[str, ...]] | None = None
    tables: int | None = None
    rows: int | None = None


def _stage(
    settings: Settings, connection: psycopg.Connection | None, grant: Grant | None, progress: Progress
) -> _Staged:
    """Make everything beside what people see."""
    identity = id_of(settings.building) or ""
    # what a person wrote, before what takes long
    rights = read_rights(settings, settings.building) if connection is not None else None
    verdict = _audit_unless_passed(settings, identity, progress)
    report, folder = _render(settings, progress)
    progress(f"Rendered {len(report.pages):,} pages in {len(LANGUAGES)} languages")
    release = Release(
        id=identity,
        at=datetime.now(tz=UTC).isoformat(timespec="seconds"),
        site=folder.name,
        digest=report.digest,
        pages=len(report.pages),
        school_years=report.school_years,
    )
    if connection is None or rights is None:
        return _Staged(release, verdict)
    tables = read_tables(settings.building, settings.dbt_project)
    swap.refuse_strangers(connection)
    swap.remove_fresh(connection)
    given = copies.audiences(rights)
    progress(f"Writing a file for each of {len(given)} audiences")
    beside = copies.write_copies(settings.building, tables, given, settings.copies, identity, progress=progress)
    progress(f"Loading {len(tables)} tables into PostgreSQL")
    loaded = load(
        open_server(settings),
        connection,
        settings.building,
        tables,
        release=identity,
        grant=grant or rights.give,
        progress=progress,
    )
    progress(f"Loaded and compared {loaded.tables} tables, {loaded.rows:,} rows, in {loaded.seconds:.0f} s")
    if grant is None:
        rights.check(connection)
    swap.wait_for_snapshots(connection)
    return _Staged(
        replace(release, copies=beside.name, served=True), verdict, loaded.readers, loaded.tables, loaded.rows
    )


# ---- the four steps ----


def _lead(
    settings: Settings,
    connection: psycopg.Connection | None,
    wanted: Pair,
    readers: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Make all four things lead to the wanted release; each that does so already stays as it is."""
    now, before = wanted.now, wanted.before
    if connection is not None:
        # what was published while PostgreSQL was turned off is not in it
        served, kept = (one.id if one and one.served else None for one in (now, before))
        swap.arrange(connection, served, kept, readers)
    point(settings.site, now.site if now else None)
    point(settings.copies, now.copies if now else None)
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    place(settings, wanted)


def _swap(settings: Settings, connection: psycopg.Connection | None, record: Record, staged: _Staged) -> None:
    """Lead everything to the new release; where that fails half-way, back to the old one."""
    settled = record.settled
    # the same data again: what was before them stays what a rollback brings back
    is_same = settled.now is not None and settled.now.id == staged.release.id
    wanted = Pair(staged.release, settled.before if is_same else settled.now)
    write_record(settings, Record(settled, wanted))
    try:
        _lead(settings, connection, wanted, staged.readers)
        write_record(settings, Record(wanted))
    except BaseException:
        # Interrupted after the last step, all are new and stay so.
        if id_of(settings.warehouse) != staged.release.id:
            # what cannot be taken back now is made good by the next publication: the record says so
            with contextlib.suppress(Exception):
                _lead(settings, connection, settled)
                write_record(settings, Record(settled))
        raise


def _prune(settings: Settings, connection: psycopg.Connection | None, settled: Pair) -> None:
    """Remove what older publications made, and what killed ones left behind."""
    kept = {name for one in (settled.now, settled.before) if one for name in (one.site, one.copies)}
    made = {settings.site: "[0-9a-f]" * _DIGITS, settings.copies: "[0-9a-f]" * _DIGITS + "-" + "[0-9a-f]" * 6}
    for link, pattern in made.items():
        for path in link.parent.glob(f"{link.name}-{pattern}"):
            if path.is_dir() and not path.is_symlink() and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
        for path in link.parent.glob(f"{_unfinished(link)}*"):
            if path.is_symlink():
                path.unlink(missing_ok=True)
            else:
                shutil.rmtree(path, ignore_errors=True)
    if connection is not None:
        swap.remove_others(connection)


def _found(settings: Settings) -> Pair:
    """What a version of ours published that kept no record."""
    identity = id_of(settings.warehouse)
    if identity is None or not settings.site.is_symlink():
        return Pair()
    return Pair(Release(identity, "", settings.site.readlink().name, "", 0, ()))


def _resume(settings: Settings, connection: psycopg.Connection | None) -> tuple[Record, bool]:
    """The record, after what was killed has been led on or back, and whether on, so that all four are of one release.

    On goes a rollback, and a publication that came to its last step, or past PostgreSQL and still has its database;
    any other goes back, before something new is staged that may fail.
    """
    record = read_record(settings)
    if record.settled.now is None and record.towards is None:
        record = Record(_found(settings))
    towards = record.towards
    if towards is None or towards.now is None:
        return record, False
    published = id_of(settings.warehouse)
    is_ready = (
        connection is not None
        and swap.served(connection) == towards.now.id
        and id_of(settings.building) == towards.now.id
    )
    if record.is_going_back or is_ready or published == towards.now.id:
        _lead(settings, connection, towards)
        write_record(settings, Record(towards))
        return Record(towards), True
    settled = record.settled
    if settled.now is None or published != settled.now.id or not _can_go_to(settled.now, connection):
        return record, False
    if connection is None and towards.now.served:
        # PostgreSQL was turned off meanwhile: the record keeps that it may be ahead
        return record, False
    _lead(settings, connection, settled)
    write_record(settings, Record(settled))
    return Record(settled), False


def _can_go_to(release: Release, connection: psycopg.Connection | None) -> bool:
    """Whether PostgreSQL, where it is not turned off, still holds what was published."""
    return connection is None or (release.served and swap.holds(connection, release.id))


def publish(settings: Settings, progress: Progress = lambda _line: None, grant: Grant | None = None) -> PublishReport:
    """Publish the database that dbt has built and tested, and what is made from it.

    Raises PublicationError, DefinitionError or another PublishingError, and then nothing has changed for readers.
    Publishing the same data twice gives the same folder of pages. Run again after a kill, it completes what was begun.

    grant: gives rights on the fresh schemas instead of the roles of ``config/roles.yml``
    """
    with _alone(settings), _serving(settings) as connection:
        record, is_completed = _resume(settings, connection)
        if is_completed and record.settled.now and not settings.building.exists():
            # killed when everything was ready: there is nothing else left to do
            release, staged = record.settled.now, None
        else:
            _check(settings)
            staged = _stage(settings, connection, grant, progress)
            # before the first of the steps: what may be seen for a moment only counts as seen
            record_release(settings, settings.building)
            hold_cells(settings, settings.building)
            _swap(settings, connection, record, staged)
            release = staged.release
        _passed(settings).unlink(missing_ok=True)
        _prune(settings, connection, read_record(settings).settled)
    keep_reads(settings, progress)
    return PublishReport(
        settings.warehouse,
        settings.site,
        settings.site.with_name(release.site),
        release.pages,
        release.school_years,
        release.digest,
        release.id,
        staged.tables if staged else None,
        staged.rows if staged else None,
        settings.copies if release.copies else None,
        staged.verdict if staged else None,
    )


def roll_back(settings: Settings, progress: Progress = lambda _line: None) -> Release:
    """Bring back what was published before, all of it; returns what people read now. Once more brings it forward again.

    After a publication that was killed half-way, what was published before that. Raises PublicationError where there is
    nothing to go back to; then nothing has changed.
    """
    with _alone(settings), _serving(settings) as connection:
        record = read_record(settings)
        settled = record.settled
        if record.towards is not None and not record.is_going_back:
            wanted = settled
        else:
            wanted = Pair(settled.before, settled.now)
        if wanted.now is None:
            raise PublicationError("There is nothing to go back to: this is the only publication. Nothing has changed.")
        if not _can_go_to(wanted.now, connection):
            raise PublicationError(
                f"PostgreSQL does not hold what was published {wanted.now.at or 'before'}. Nothing has changed. "
                "Pages and warehouse alone go back with ATTENDANCE_POSTGRES=off."
            )
        write_record(settings, Record(settled, wanted))
        _lead(settings, connection, wanted)
        write_record(settings, Record(wanted))
        progress("Pages and warehouse are those of before; so are PostgreSQL and copies where they are served.")
    return wanted.now
