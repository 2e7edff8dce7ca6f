"""Publication: a whole, tested database and the pages made from it take the place of the old ones, or nothing does.

The pages are rendered beside the old ones first, the longest step and the likeliest to fail. Then two things are
swapped, each in one step of the file system: the link ``site`` turns to the new folder, and the new database takes the
old one's name. Whoever reads sees the old or the new, never a mixture of files; and because the database moves last, a
publication that was killed in between is completed by running it again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from attendance.settings import Settings
from publishing import open_data
from publishing.errors import PublishingError
from publishing.site.build import SiteReport, render_site

__all__ = ["PublicationError", "PublishReport", "SiteReport", "publish", "render_site"]

# What a database must hold to be published.
SCHEMAS = ("marts", open_data.SCHEMA)
# Versions kept beside the one in use, for readers who are on a page while it changes.
_KEPT = 1
# Of the digest, in the name of a folder.
_DIGITS = 16


class PublicationError(PublishingError):
    """Nothing was published; the message names what stands in the way and what to do."""


@dataclass(frozen=True)
class PublishReport:
    """What was published.

    warehouse: the database as it is now read
    site:      the link to the pages; ``folder`` is where it leads
    pages:     how many
    """

    warehouse: Path
    site: Path
    folder: Path
    pages: int
    school_years: tuple[str, ...]
    digest: str


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
    if settings.site.exists() and not settings.site.is_symlink():
        raise PublicationError(
            f"Nothing was published. {settings.site} is a folder of its own, not a link that a publication made. "
            "Move it away and publish again."
        )


def _unfinished(settings: Settings) -> str:
    """How the names of things begin that a publication has not finished."""
    return f".{settings.site.name}-unfinished-"


def _versions(settings: Settings) -> list[Path]:
    """The folders of pages that publications have made, oldest first."""
    pattern = f"{settings.site.name}-" + "[0-9a-f]" * _DIGITS
    folders = [path for path in settings.site.parent.glob(pattern) if path.is_dir() and not path.is_symlink()]
    return sorted(folders, key=lambda path: (path.stat().st_mtime_ns, path.name))


def _render(settings: Settings) -> tuple[SiteReport, Path]:
    """Render into a new folder beside the site, named for its content once it is whole."""
    settings.site.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=_unfinished(settings), dir=settings.site.parent))
    try:
        report = render_site(settings.building, scratch, settings.dashboards)
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


def _point(link: Path, folder: Path) -> None:
    """Make the link lead to the folder, in one step."""
    new = link.with_name(f".{link.name}-unfinished-link")
    new.unlink(missing_ok=True)
    new.symlink_to(folder.name, target_is_directory=True)
    try:
        new.replace(link)
    finally:
        new.unlink(missing_ok=True)


def _swap(settings: Settings, folder: Path) -> None:
    """Turn the link, then move the database; the link turns back where the database cannot be moved."""
    before = settings.site.readlink() if settings.site.is_symlink() else None
    _point(settings.site, folder)
    try:
        settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
        settings.building.replace(settings.warehouse)
    except BaseException:
        # Interrupted after the move, both are new and stay so.
        if settings.building.exists():
            if before is None:
                settings.site.unlink()
            else:
                _point(settings.site, settings.site.with_name(before.name))
        raise


def _prune(settings: Settings, folder: Path) -> None:
    """Remove the folders of older publications, and what killed ones left behind."""
    old = [path for path in _versions(settings) if path != folder]
    for path in old[: max(len(old) - _KEPT, 0)]:
        shutil.rmtree(path, ignore_errors=True)
    for path in settings.site.parent.glob(f"{_unfinished(settings)}*"):
        if path.is_symlink():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path, ignore_errors=True)


def publish(settings: Settings) -> PublishReport:
    """Publish the database that dbt has built and tested, and the pages made from it.

    Raises PublicationError, DefinitionError or OpenDataError, and then nothing has changed for readers. Publishing the
    same data twice gives the same folder of pages.
    """
    with _alone(settings):
        _check(settings)
        report, folder = _render(settings)
        _swap(settings, folder)
        _prune(settings, folder)
    return PublishReport(
        settings.warehouse, settings.site, folder, len(report.pages), report.school_years, report.digest
    )
