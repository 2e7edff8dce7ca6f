"""What was published, and what is being published: the record that makes good what a kill left half done.

A publication changes four things, each in one step of its own: PostgreSQL's schemas, the link of the pages, the link of
the copies, the database. Before the first step it is written down where all four shall lead; after the last, that they
do. Whoever comes after a kill reads the record, and can go on or back.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from attendance.settings import Settings
from publishing.errors import PublishingError

# Of the digest of a warehouse file, in the name of a release.
DIGITS = 16


class ReleaseError(PublishingError):
    """The record of publications cannot be read, or a file of a release is gone."""


@dataclass(frozen=True)
class Release:
    """One publication.

    id:        of the warehouse file's content: the same data published again is the same release
    at:        when, in UTC, ISO 8601
    site:      name of the folder of pages
    copies:    name of the folder of copies; None where people were not served
    served:    whether PostgreSQL has it
    """

    id: str
    at: str
    site: str
    digest: str
    pages: int
    school_years: tuple[str, ...]
    copies: str | None = None
    served: bool = False


@dataclass(frozen=True)
class Pair:
    """What is published, and what a rollback would bring back."""

    now: Release | None = None
    before: Release | None = None

    def ids(self) -> tuple[str | None, str | None]:
        """Of both."""
        return (self.now.id if self.now else None, self.before.id if self.before else None)


@dataclass(frozen=True)
class Record:
    """What is settled, and where things shall lead that are being moved; None where nothing is."""

    settled: Pair = Pair()
    towards: Pair | None = None

    @property
    def is_going_back(self) -> bool:
        """Whether what was under way is a rollback."""
        return self.towards is not None and self.towards.ids() == self.settled.ids()[::-1]


def id_of(database: Path) -> str | None:
    """The release that a warehouse file is; None where there is no file."""
    if not database.is_file():
        return None
    with database.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]


def _path(settings: Settings) -> Path:
    return settings.home / "publication.json"


def read_record(settings: Settings) -> Record:
    """The record; an empty one before the first publication. Raises ReleaseError where it is damaged."""
    path = _path(settings)
    if not path.exists():
        return Record()
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Record(_pair(told["settled"]), _pair(told["towards"]) if told["towards"] else None)
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            f"{path} is not a record of publications ({error}). Move it away and publish again; a rollback is then "
            "possible from the next publication on."
        ) from error


def _pair(told: dict[str, dict[str, object] | None]) -> Pair:
    def release(one: dict[str, object] | None) -> Release | None:
        return Release(**{**one, "school_years": tuple(one["school_years"])}) if one else None  # type: ignore[arg-type]

    return Pair(release(told["now"]), release(told["before"]))


def write_record(settings: Settings, record: Record) -> None:
    """Put the record in place of the old one, in one step, for good."""
    path = _path(settings)
    unfinished = path.with_name(f".{path.name}-unfinished")
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(asdict(record), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    try:
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


# ---- links and files ----


def point(link: Path, folder: str | None) -> None:
    """Make the link lead to the folder beside it, in one step; None takes the link away."""
    if folder is None:
        link.unlink(missing_ok=True)
        return
    new = link.with_name(f".{link.name}-unfinished-link")
    new.unlink(missing_ok=True)
    new.symlink_to(folder, target_is_directory=True)
    try:
        new.replace(link)
    finally:
        new.unlink(missing_ok=True)


def place(settings: Settings, wanted: Pair) -> None:
    """Give the wanted release the database's name, in one step, and keep the one before; ReleaseError where it is gone.

    The old file has a second name while it is moved, so that no moment is without it.
    """
    now, before = wanted.ids()
    new, live, kept = settings.building, settings.warehouse, settings.warehouse_before
    leaving = kept.with_name(f"{kept.name}.leaving")
    kept.parent.mkdir(parents=True, exist_ok=True)
    if now is None:
        if live.exists():
            live.replace(new)
    elif id_of(live) != now:
        source = next((path for path in (new, kept, leaving) if id_of(path) == now), None)
        if source is None:
            raise ReleaseError(
                f"The database of release {now} is neither at {live} nor at {kept}. Build and publish anew."
            )
        if live.exists():
            # a name for what is replaced: where a publication is taken back, it waits again to be published
            other = new if source == leaving else leaving
            other.unlink(missing_ok=True)
            os.link(live, other)
        source.replace(live)
    if before is None:
        kept.unlink(missing_ok=True)
    elif id_of(kept) != before and id_of(leaving) == before:
        leaving.replace(kept)
    leaving.unlink(missing_ok=True)
