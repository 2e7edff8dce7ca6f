"""A backup: what cannot be made again, in one file that is there whole or not at all, and proven when it is restored.

In it: the landing, the ledger, the lake (with the company of what is hidden), what was refused and sent back, the
record of what was released, the access log, the published warehouse, the registry, the readers' passwords as PostgreSQL
keeps them, and those with which Metabase comes in, as they are. Everything else is made of these: PostgreSQL, the files
of each audience and the pages by ``attendance publish``. Not in it, unless it is asked for: the key of the pseudonyms.
What is in it tells of students: it is as private as the landing.

The file is a tar archive packed with Zstandard, so ``tar --zstd -xf`` opens it without this program. Its last entry,
``manifest.json``, has the SHA-256 of every other: an archive that was cut off has none. All that is backed up is only
ever replaced, never changed, so that hard links made in a moment are a picture of one moment: nobody waits while the
archive is written.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import hmac
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import IO

import pyarrow as pa

from attendance.errors import MendableError
from attendance.settings import NO_POSTGRES, Settings
from ingestion.durable import PRIVATE_FILE, PRIVATE_FOLDER, put_in_place, temporary_name
from ingestion.registry import read_registry
from ingestion.secret import FILE_VARIABLE, VARIABLE, SecretError, read_secret
from publishing.errors import PublishingError

# Folders of the home that are backed up; a test asks of every other thing in a home what makes it again.
KEPT = ("access-log", "arrivals", "landing", "lake", "ledger", "metabase", "outbox", "rejects", "released")
REMADE: Mapping[str, str] = {
    "airflow": "the history of runs: empty at the next start",
    "copies": "attendance publish",
    "dbt": "attendance build",
    "dbt-spark": "attendance build",
    "extracts": "the senders' own files",
    "locks": "each command",
    "logs": "each command",
    "postgres": "attendance publish",
    "public": "attendance fetch",
    "publication.json": "attendance publish",
    "publish.lock": "attendance publish",
    "secret": "kept apart: --with-key",
    "site": "attendance publish",
    "spark": "attendance build",
    "warehouse": "in the backup by itself, as what waits to be published",
}
FORMAT = 1
MANIFEST = "manifest.json"
LOGINS = "logins.json"
CONFIG = "config"
KEY = "secret"
# While a file is pulled and loaded: what is half written there is of nobody.
SCRATCH = ".work"
LOCKS = ("lake", "landing", "outbox", "reference")
# Held by a publication to Metabase, in the folder that it writes.
METABASE_LOCK = "lock"
RESTORING = ".restoring"
CHUNK = 4 * 1024 * 1024
FINGERPRINT_OF = b"attendance: which key made these pseudonyms"

Progress = Callable[[str], None]


class BackupError(MendableError):
    """There is no backup, or none was restored; the message says why, and what to do. Nothing has changed."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    made_at: of the picture, UTC, ISO 8601
    key:     fingerprint of the key of the pseudonyms; None where there was none yet
    files:   by the path in the archive, size in bytes and SHA-256
    folders: by the path in the archive, the mode
    notes:   what is not in it that might be expected, in words
    """

    made_at: str
    program: str
    key: str | None
    has_key: bool
    files: Mapping[str, tuple[int, str]]
    folders: Mapping[str, int]
    notes: tuple[str, ...] = ()
    format: int = FORMAT

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for size, _ in self.files.values())

    def lines(self) -> list[str]:
        """What is in it, for people."""
        parts: dict[str, list[int]] = {}
        for path, (size, _) in self.files.items():
            parts.setdefault(PurePosixPath(path).parts[0], []).append(size)
        told = [f"{name:<12} {len(sizes):>9,} files {sum(sizes):>16,} bytes" for name, sizes in sorted(parts.items())]
        key = "The key of the pseudonyms is in it." if self.has_key else "The key of the pseudonyms is not in it."
        return [*told, *self.notes, key]


@dataclass
class _Picture:
    """What is to be written: by the path in the archive, a file or its bytes."""

    files: dict[str, Path | bytes] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


# ---- the moment ----


@contextmanager
def _at_rest(settings: Settings) -> Iterator[None]:
    """Hold every lock under which something that is backed up is written; BackupError names who is at work."""
    folder = settings.home / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    senders = {sender.code for sender in read_registry(settings.config).senders()}
    # of a sender that has left the registry, whose load may be under way
    known = {path.stem for path in folder.glob("*.lock")} - {"backup", "spark"}
    locks = [folder / f"{name}.lock" for name in sorted({*LOCKS, *senders, *known})]
    with ExitStack() as held:
        for lock in (*locks, settings.home / "publish.lock"):
            _hold(held, lock)
        if (metabase := settings.home / "metabase").is_dir():
            _hold(held, metabase / METABASE_LOCK)
        yield


def _hold(held: ExitStack, lock: Path) -> None:
    file = held.enter_context(lock.open("w"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        what = "a publication" if lock.name in {"publish.lock", METABASE_LOCK} else f"a load ({lock.stem})"
        raise BackupError(f"There is {what} at work: no backup was made. Wait for its end ({lock}).") from error


def _linked(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}:
            raise
        # a file system without links, or a registry on another one
        shutil.copy2(source, target)


def _take(picture: _Picture, folder: Path, name: str, beside: Path) -> None:
    """Everything below a folder, by links made beside."""
    if not folder.is_dir():
        return
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not (name == "landing" and each == SCRATCH))
        here = PurePosixPath(name, Path(root).relative_to(folder).as_posix())
        picture.folders[str(here)] = Path(root).stat().st_mode & 0o777
        for file in sorted(files):
            # what a killed run left half written
            if (file.startswith(".") and file.endswith((".tmp", "-unfinished"))) or file.endswith(".unfinished"):
                continue
            if name == "metabase" and file == METABASE_LOCK:
                continue
            link = beside / str(here) / file
            _linked(Path(root) / file, link)
            picture.files[str(here / file)] = link


def _fingerprint(settings: Settings) -> str | None:
    """By which two keys are told apart, and neither is told; None where no key was made yet."""
    if not (os.environ.get(VARIABLE) or os.environ.get(FILE_VARIABLE) or settings.secret_file.exists()):
        return None
    return hmac.new(read_secret(settings), FINGERPRINT_OF, "sha256").hexdigest()[:16]


def _logins(settings: Settings, picture: _Picture) -> None:
    """The readers' passwords as the server keeps them: verifiers, by which nobody can log in."""
    from publishing.serving.logins import LoginError, verifiers  # noqa: PLC0415 - not where there is no server
    from publishing.serving.server import open_server  # noqa: PLC0415

    if settings.postgres == NO_POSTGRES or not (settings.postgres or (settings.postgres_home / "data").is_dir()):
        return
    try:
        with open_server(settings).connect() as connection:
            picture.files[LOGINS] = json.dumps(verifiers(connection), indent=1).encode()
    except LoginError as error:
        picture.notes.append(f"No reader's password is in it: {error}")
    except PublishingError as error:
        picture.notes.append(f"The readers' passwords are not in it: {error}")


def _take_picture(settings: Settings, beside: Path, *, with_key: bool) -> _Picture:
    from publishing.serving.access_log import keep_reads  # noqa: PLC0415

    picture = _Picture()
    keep_reads(settings, picture.notes.append)
    _logins(settings, picture)
    with _at_rest(settings):
        for name in KEPT:
            _take(picture, settings.home / name, name, beside)
        if settings.warehouse.is_file():
            link = beside / "warehouse" / settings.warehouse.name
            _linked(settings.warehouse, link)
            # restored, it waits to be published
            picture.files[f"warehouse/next/{settings.building.name}"] = link
    _take(picture, settings.config, CONFIG, beside)
    if with_key:
        picture.files[KEY] = read_secret(settings)
    return picture


# ---- the archive ----


class _Hashed(io.RawIOBase):
    """A file that is read, and the SHA-256 of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self.file.read(size)
        self.digest.update(chunk)
        return chunk


def _add(archive: tarfile.TarFile, path: str, content: Path | bytes) -> tuple[int, str]:
    told = tarfile.TarInfo(path)
    told.mode = PRIVATE_FILE
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        if isinstance(content, Path):
            found = os.fstat(file.fileno())
            told.size, told.mtime, told.mode = found.st_size, int(found.st_mtime), found.st_mode & 0o777
        else:
            told.size = len(content)
        hashed = _Hashed(file)
        archive.addfile(told, hashed)
    return told.size, hashed.digest.hexdigest()


def backup(
    settings: Settings, file: Path, *, with_key: bool = False, progress: Progress = lambda _line: None
) -> Manifest:
    """Write a backup to a file that does not exist yet; returns what is in it.

    with_key: also the key of the pseudonyms. Who has it and the landing's files can tell every student.

    Raises BackupError, and then there is no file, while something is loaded or published, and where there is no room.
    """
    if file.exists():
        raise BackupError(f"{file} exists. Name a file that does not: a backup never takes another's place.")
    if not file.parent.is_dir():
        raise BackupError(f"{file.parent} is not a folder. Make it, or name another.")
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "locks").mkdir(exist_ok=True)
    unfinished = temporary_name(file)
    with ExitStack() as held:
        _hold_backups(held, settings)
        for left in settings.home.glob(".backup-*"):
            shutil.rmtree(left, ignore_errors=True)
        beside = Path(tempfile.mkdtemp(prefix=".backup-", dir=settings.home))
        held.callback(shutil.rmtree, beside, ignore_errors=True)
        held.callback(unfinished.unlink, missing_ok=True)
        picture = _take_picture(settings, beside, with_key=with_key)
        progress(f"{len(picture.files):,} files as they are now; they are written, and nobody has to wait")
        try:
            manifest = _write(settings, unfinished, picture, has_key=with_key)
            put_in_place(unfinished, file)
        except OSError as error:
            raise BackupError(f"No backup was made: {file} cannot be written ({error.strerror or error}).") from error
    for note in manifest.notes:
        progress(note)
    return manifest


def _hold_backups(held: ExitStack, settings: Settings) -> None:
    lock = held.enter_context((settings.home / "locks" / "backup.lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BackupError("Another backup is at work. Wait for its end.") from error


def _write(settings: Settings, path: Path, picture: _Picture, *, has_key: bool) -> Manifest:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with (
        os.fdopen(descriptor, "wb") as raw,
        pa.CompressedOutputStream(raw, "zstd") as packed,
        tarfile.open(fileobj=packed, mode="w|", bufsize=CHUNK) as archive,
    ):
        files = {name: _add(archive, name, picture.files[name]) for name in sorted(picture.files)}
        manifest = Manifest(
            made_at=datetime.now(tz=UTC).isoformat(timespec="seconds"),
            program=version("attendance-warehouse"),
            key=_fingerprint(settings),
            has_key=has_key,
            files=files,
            folders=picture.folders,
            notes=tuple(picture.notes),
        )
        _add(archive, MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
    return manifest


# ---- what an archive holds ----


def _is_below(path: str) -> bool:
    """Whether it is a path below a folder, whatever folder."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and not {"..", "."} & set(parts) and "\\" not in path


def _read_manifest(content: bytes, file: Path) -> Manifest:
    try:
        told = json.loads(content)
        if told.pop("format") != FORMAT:
            raise BackupError(f"{file} was made by another version: {told['program']}. Restore it with that one.")
        return Manifest(
            **{
                **told,
                "files": {name: (int(size), str(digest)) for name, (size, digest) in told["files"].items()},
                "notes": tuple(told["notes"]),
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{file} is no backup of ours: its manifest cannot be read ({error}).") from error


def _read(file: Path, keep: Callable[[tarfile.TarInfo, IO[bytes]], None]) -> tuple[Manifest, str]:
    """Read an archive to its end, hand on each file, and prove it by its manifest; also the SHA-256 of the archive.

    keep: has to read all of what it is given
    Raises BackupError where the archive is cut off, damaged, or another's.
    """
    found: dict[str, tuple[int, str]] = {}
    manifest: Manifest | None = None
    try:
        with file.open("rb") as raw:
            whole = _Hashed(raw)
            with (
                pa.CompressedInputStream(whole, "zstd") as unpacked,
                tarfile.open(fileobj=unpacked, mode="r|", bufsize=CHUNK) as archive,
            ):
                for told in archive:
                    content = archive.extractfile(told) if told.isreg() and _is_below(told.name) else None
                    if content is None or manifest is not None or told.name in found:
                        raise BackupError(f"{file} is no backup of ours: {told.name!r} has no place in it.")
                    if told.name == MANIFEST:
                        manifest = _read_manifest(content.read(), file)
                        continue
                    hashed = _Hashed(content)
                    keep(told, hashed)  # type: ignore[arg-type]
                    found[told.name] = (told.size, hashed.digest.hexdigest())
            # what stands behind the archive's end
            while whole.read(CHUNK):
                pass
    except (tarfile.TarError, pa.ArrowInvalid, EOFError) as error:
        raise BackupError(f"{file} is cut off or damaged ({error}). Take an earlier one.") from error
    except OSError as error:
        if error.errno is None:
            raise BackupError(f"{file} is cut off or damaged ({error}). Take an earlier one.") from error
        raise BackupError(f"{file} cannot be read, or there is no room for it ({error.strerror}).") from error
    if manifest is None:
        raise BackupError(f"{file} is cut off: it has no manifest. Take an earlier one.")
    if differing := sorted(set(found.items()) ^ set(manifest.files.items())):
        raise BackupError(f"{file} is damaged: {differing[0][0]} is not what the manifest says. Take an earlier one.")
    return manifest, whole.digest.hexdigest()


def check(file: Path) -> Manifest:
    """Read a backup to its end and prove every file of it, without restoring any; returns what is in it."""

    def look(_told: tarfile.TarInfo, content: IO[bytes]) -> None:
        while content.read(CHUNK):
            pass

    return _read(file, look)[0]


# ---- restored ----


def restore(
    settings: Settings, file: Path, *, without_key: bool = False, progress: Progress = lambda _line: None
) -> Manifest:
    """Restore a backup into an empty home, all of it or nothing; run again after a kill, it goes on.

    without_key: even where the key of the pseudonyms is neither set nor in the backup

    Raises BackupError where the home is not empty, where the backup is not whole, and where the key that is set here is
    another than the one whose pseudonyms are in the backup.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    room = settings.home / RESTORING
    verified = room / "verified"
    with contextlib.closing(_Folder(settings.home)):
        if verified.exists():
            progress("An earlier restore was ended half-way: it goes on.")
            manifest, digest = _read_manifest((room / MANIFEST).read_bytes(), file), verified.read_text()
            with file.open("rb") as again:
                if hashlib.file_digest(again, "sha256").hexdigest() != digest:
                    raise BackupError(f"{settings.home} holds a half of another backup, of {manifest.made_at}.")
        else:
            if strangers := sorted(path.name for path in settings.home.iterdir() if path != room):
                raise BackupError(
                    f"{settings.home} is not empty ({', '.join(strangers[:5])}). A backup is restored into an empty "
                    "folder: name one in ATTENDANCE_HOME, or move this away."
                )
            shutil.rmtree(room, ignore_errors=True)
            room.mkdir(mode=PRIVATE_FOLDER)
            try:
                manifest, digest = _unpack(file, room)
                _check_key(settings, manifest, without_key=without_key)
            except BaseException:
                shutil.rmtree(room, ignore_errors=True)
                raise
            (room / MANIFEST).write_text(json.dumps(asdict(manifest)), encoding="utf-8")
            os.sync()
            verified.write_text(digest)
        for path in sorted((room / "home").iterdir()):
            path.rename(settings.home / path.name)
        shutil.rmtree(room)
    return manifest


class _Folder:
    """A folder held against another restore into it."""

    def __init__(self, folder: Path) -> None:
        self.descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise BackupError(f"Another restore into {folder} is at work.") from error

    def close(self) -> None:
        os.close(self.descriptor)


def _unpack(file: Path, room: Path) -> tuple[Manifest, str]:
    home = room / "home"
    home.mkdir()

    def keep(told: tarfile.TarInfo, content: IO[bytes]) -> None:
        path = home / told.name
        path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as out:
            shutil.copyfileobj(content, out, CHUNK)
        path.chmod(told.mode & 0o777)
        os.utime(path, (told.mtime, told.mtime))

    manifest, digest = _read(file, keep)
    for folder, mode in sorted(manifest.folders.items(), reverse=True):
        if not _is_below(folder):
            raise BackupError(f"{file} is no backup of ours: {folder!r} has no place in it.")
        (home / folder).mkdir(parents=True, exist_ok=True)
        (home / folder).chmod(mode & 0o777)
    return manifest, digest


def _check_key(settings: Settings, manifest: Manifest, *, without_key: bool) -> None:
    """Whether what is loaded from now on will be of the same students as what is restored."""
    if manifest.key is None:
        return
    try:
        here = _fingerprint(settings)
    except SecretError as error:
        raise BackupError(f"Nothing was restored. {error}") from error
    if here is not None and here != manifest.key:
        raise BackupError(
            f"Nothing was restored: the key of the pseudonyms that is set here ({VARIABLE}) is another than the one "
            "under which the backup was made. No student of then would be the same student now. Set that key."
        )
    if here is None and not manifest.has_key and not without_key:
        raise BackupError(
            "Nothing was restored: the key of the pseudonyms is neither in the backup nor set here. Set "
            f"{VARIABLE} or {FILE_VARIABLE} to the key of then: with a new one no student of then would be the same "
            "student now. Only to look at what is in the backup: --without-key"
        )


@dataclass(frozen=True)
class LoginsGiven:
    """Whose password is again what it was; who has one already, which stays; who is no role any more."""

    given: tuple[str, ...]
    kept: tuple[str, ...]
    gone: tuple[str, ...]


def give_logins(settings: Settings, file: Path) -> LoginsGiven:
    """Give readers the passwords that they had when the backup was made, once a publication has made their roles."""
    from publishing.serving.access import password_statement  # noqa: PLC0415
    from publishing.serving.logins import logins  # noqa: PLC0415
    from publishing.serving.server import open_server  # noqa: PLC0415

    try:
        before: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackupError(f"{file} cannot be read as the logins of a backup ({error}).") from error
    with open_server(settings).connect() as connection:
        now = {login.role: login.has_password for login in logins(connection)}
        given = sorted(role for role in before if now.get(role) is False)
        for role in given:
            connection.execute(password_statement(role, before[role]))
    return LoginsGiven(
        tuple(given),
        tuple(sorted(role for role in before if now.get(role) is True)),
        tuple(sorted(role for role in before if role not in now)),
    )
