"""A backup holds what cannot be made again, is whole or not there, and is proven before it is anybody's home."""

from __future__ import annotations

import ast
import fcntl
import io
import json
import stat
import tarfile
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from attendance import backup as module
from attendance.backup import KEPT as FOLDERS
from attendance.backup import MANIFEST, REMADE, BackupError, backup, check, restore
from attendance.settings import PROJECT, Settings
from ingestion.durable import write_whole
from tests.backup.home import FILES, KEPT, KEY, seen, settings_at, write


def restored(settings: Settings, file: Path, **how: Any) -> Settings:
    """Settings of a new home into which was restored."""
    there = replace(settings, home=settings.home.with_name("restored"))
    restore(there, file, **how)
    return there


def test_what_cannot_be_made_again_is_restored_to_the_byte_and_nothing_else(settings: Settings, tmp_path: Path) -> None:
    before = seen(settings.home)
    manifest = backup(settings, tmp_path / "file.tar.zst")
    assert seen(settings.home) == before
    there = restored(settings, tmp_path / "file.tar.zst")
    assert seen(there.home) == KEPT
    assert manifest.files.keys() == KEPT.keys()
    for path in ("landing/ab/abcd", "lake/aeries/students/1999001/2023-24.parquet"):
        was, now = (settings.home / path).stat(), (there.home / path).stat()
        assert (stat.S_IMODE(now.st_mode), now.st_mtime) == (stat.S_IMODE(was.st_mode), was.st_mtime)
    assert stat.S_IMODE((there.home / "landing" / "ab").stat().st_mode) == 0o700


def test_a_restored_warehouse_waits_to_be_published(settings: Settings, tmp_path: Path) -> None:
    backup(settings, tmp_path / "file.tar.zst")
    there = restored(settings, tmp_path / "file.tar.zst")
    assert there.building.read_text() == FILES["warehouse/attendance.duckdb"]
    assert not there.warehouse.exists()


def test_a_backup_can_be_restored_and_backed_up_again(settings: Settings, tmp_path: Path) -> None:
    first = backup(settings, tmp_path / "file.tar.zst")
    there = restored(settings, tmp_path / "file.tar.zst")
    there.building.rename(there.warehouse)
    again = backup(there, tmp_path / "again.tar.zst")
    same = {path: told for path, told in first.files.items() if not path.startswith("config/")}
    assert same.items() <= again.files.items()


# Where code writes below a home; a name that is made as it runs, and what it is made of.
ROOMS = ("attendance", "dags", "ingestion", "publishing", "simulation")
MADE = {"folder": {"dbt", "dbt-spark"}, "f'dbt-{SPARK}'": {"dbt-spark"}}
# Of a backup itself, whose names are those of KEPT or lie in a folder of its own.
OF_THE_BACKUP = {"RESTORING", "told.name", "name", "path.name", "folder"}


def below(file: Path) -> set[str]:
    """What a module names right below a home: each ``home / name``, by whatever way it comes to the home."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)):
            continue
        if ast.unparse(node.left).rpartition(".")[2] != "home":
            continue
        said = ast.unparse(node.right)
        if isinstance(node.right, ast.Constant):
            names.add(str(node.right.value))
        elif file != PROJECT / "attendance" / "backup.py" or said not in OF_THE_BACKUP:
            # a name that is not known here fails below
            names |= MADE.get(said, {said})
    # the programs of Spark, whose home is another
    return names - {"bin"} if file == PROJECT / "attendance" / "spark" / "cluster.py" else names


def test_every_thing_of_a_home_is_backed_up_or_made_again() -> None:
    home = Path("/home-of-a-county")
    settings = Settings(home=home, config=Path("/c"), extracts=home / "extracts", public=home / "public")
    paths = [getattr(settings, name) for name, value in vars(Settings).items() if isinstance(value, property)]
    names = {path.relative_to(home).parts[0] for path in paths if isinstance(path, Path) and path.is_relative_to(home)}
    assert {"landing", "lake", "ledger", "postgres", "warehouse"} <= names
    written = {
        name for path in sorted(chain(*(PROJECT.glob(f"{room}/**/*.py") for room in ROOMS))) for name in below(path)
    }
    assert {"landing", "locks", "metabase", "publication.json", "publish.lock", "released"} <= written
    names |= written
    assert names - {*FOLDERS, *REMADE} == set()
    assert {*FOLDERS} & {*REMADE} == set()


def test_the_file_is_its_owners_alone_and_never_takes_anothers_place(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "file.tar.zst"
    backup(settings, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(BackupError, match="exists"):
        backup(settings, file)
    with pytest.raises(BackupError, match="is not a folder"):
        backup(settings, tmp_path / "none" / "file.tar.zst")


@pytest.mark.parametrize(
    ("lock", "who"),
    [
        ("locks/1999001.lock", r"a load \(1999001\)"),
        ("locks/1999099.lock", r"a load \(1999099\)"),  # of a district that has left the registry
        ("locks/lake.lock", r"a load \(lake\)"),
        ("publish.lock", "a publication"),
        ("metabase/lock", "a publication"),
    ],
)
def test_no_backup_is_made_while_anything_is_loaded_or_published(
    settings: Settings, tmp_path: Path, lock: str, who: str
) -> None:
    path = settings.home / lock
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match=who):
            backup(settings, tmp_path / "file.tar.zst")
    assert not [one for one in tmp_path.iterdir() if "file" in one.name]
    assert not list(settings.home.glob(".backup-*"))
    backup(settings, tmp_path / "file.tar.zst")


def test_nobody_waits_while_the_file_is_written_and_it_is_a_picture_of_one_moment(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = settings.home / "lake/aeries/students/1999001/2023-24.parquet"
    original = module._write

    def meanwhile(*given: Any, **how: Any) -> Any:
        for lock in (settings.home / "locks").glob("1999001.lock"):
            with lock.open("w") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # as a load does it: another file takes the name
        write_whole(lake, b"loaded meanwhile", 0o600)
        (settings.home / "landing/ab/abcd").unlink()
        return original(*given, **how)

    monkeypatch.setattr(module, "_write", meanwhile)
    backup(settings, tmp_path / "file.tar.zst")
    assert lake.read_text() == "loaded meanwhile"
    there = restored(settings, tmp_path / "file.tar.zst")
    assert seen(there.home) == KEPT


def test_where_no_links_can_be_made_files_are_copied(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    backup(settings, tmp_path / "file.tar.zst")
    assert seen(restored(settings, tmp_path / "file.tar.zst").home) == KEPT


def test_a_disk_that_is_full_leaves_no_file(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "put_in_place", full)
    with pytest.raises(BackupError, match=r"cannot be written .No space left on device"):
        backup(settings, tmp_path / "file.tar.zst")
    assert not [one for one in tmp_path.iterdir() if "file" in one.name]


# ---- the key of the pseudonyms ----


def test_the_key_is_in_it_only_where_it_was_asked_for(settings: Settings, tmp_path: Path) -> None:
    without, with_it = tmp_path / "without.tar.zst", tmp_path / "with.tar.zst"
    assert "The key of the pseudonyms is not in it." in backup(settings, without).lines()
    assert "The key of the pseudonyms is in it." in backup(settings, with_it, with_key=True).lines()
    contents = {path: pa.CompressedInputStream(path.open("rb"), "zstd").read() for path in (without, with_it)}
    assert KEY.encode() not in contents[without]
    assert KEY.encode() in contents[with_it]


def test_a_restore_needs_the_key_of_then(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file.tar.zst"
    backup(settings, file)
    monkeypatch.setenv("ATTENDANCE_SECRET", "another invented key, only for tests")
    with pytest.raises(BackupError, match="is another than the one"):
        restored(settings, file)
    monkeypatch.delenv("ATTENDANCE_SECRET")
    with pytest.raises(BackupError, match="neither in the backup nor set here"):
        restored(settings, file)
    there = settings.home.with_name("restored")
    assert list(there.iterdir()) == []
    assert seen(restored(settings, file, without_key=True).home) == KEPT


def test_a_restored_key_is_its_owners_alone(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file.tar.zst"
    backup(settings, file, with_key=True)
    monkeypatch.delenv("ATTENDANCE_SECRET")
    there = restored(settings, file)
    assert there.secret_file.read_text() == KEY
    assert stat.S_IMODE(there.secret_file.stat().st_mode) == 0o600


# ---- what is no backup ----


def test_a_file_that_is_cut_off_anywhere_is_refused_and_nothing_is_restored(settings: Settings, tmp_path: Path) -> None:
    file, cut = tmp_path / "file.tar.zst", tmp_path / "cut.tar.zst"
    backup(settings, file)
    whole = file.read_bytes()
    for size in {0, 1, 10, *range(50, len(whole), 97), len(whole) - 1}:
        cut.write_bytes(whole[:size])
        with pytest.raises(BackupError, match=r"cut off or damaged|cut off: it has no manifest"):
            check(cut)
    with pytest.raises(BackupError):
        restored(settings, cut)
    assert list(settings.home.with_name("restored").iterdir()) == []
    assert check(file).files.keys() == KEPT.keys()


def repacked(file: Path, change: dict[str, bytes | None], more: list[tarfile.TarInfo] | None = None) -> None:
    """The archive with other contents under some names, and with more entries before the manifest."""
    with tarfile.open(fileobj=pa.CompressedInputStream(file.open("rb"), "zstd"), mode="r|") as archive:
        entries = [(told, (archive.extractfile(told) or io.BytesIO()).read()) for told in archive]
    with pa.CompressedOutputStream(file.open("wb"), "zstd") as out, tarfile.open(fileobj=out, mode="w|") as archive:
        for told, content in entries:
            if told.name == MANIFEST:
                for other in more or []:
                    archive.addfile(other)
            new = change.get(told.name, content)
            if new is not None:
                told.size = len(new)
                archive.addfile(told, io.BytesIO(new))


def told_of(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """An entry of a tar archive."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


@pytest.mark.parametrize(
    ("change", "more", "told"),
    [
        ({"lake/aeries/students/1999001/2023-24.parquet": b"b lake"}, [], "2023-24.parquet is not what the manifest"),
        ({"ledger/1999001/06ce.json": None}, [], "06ce.json is not what the manifest says"),
        ({MANIFEST: None}, [], "has no manifest"),
        ({MANIFEST: b"{}"}, [], "its manifest cannot be read"),
        ({}, [told_of("lake/more.parquet")], "more.parquet is not what the manifest says"),
        ({}, [told_of("../outside")], "'../outside' has no place in it"),
        ({}, [told_of("/etc/outside")], "'/etc/outside' has no place in it"),
        ({}, [told_of("lake/link", tarfile.SYMTYPE, "/etc/passwd")], "'lake/link' has no place in it"),
        ({}, [told_of("lake/device", tarfile.CHRTYPE)], "'lake/device' has no place in it"),
    ],
)
def test_a_file_that_somebody_has_changed_is_refused(
    settings: Settings, tmp_path: Path, change: dict[str, bytes | None], more: list[tarfile.TarInfo], told: str
) -> None:
    file = tmp_path / "file.tar.zst"
    backup(settings, file)
    repacked(file, change, more)
    with pytest.raises(BackupError) as error:
        restored(settings, file)
    assert told in str(error.value)
    assert list(settings.home.with_name("restored").iterdir()) == []
    assert not (tmp_path / "outside").exists()


def test_a_manifest_cannot_name_a_folder_elsewhere(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "file.tar.zst"
    manifest = backup(settings, file)
    told = {**vars(manifest), "folders": {"../elsewhere": 0o777}}
    repacked(file, {MANIFEST: json.dumps(told).encode()})
    with pytest.raises(BackupError, match="has no place in it"):
        restored(settings, file)
    assert not (tmp_path / "elsewhere").exists()


def test_a_backup_of_another_format_says_by_what_it_was_made(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "file.tar.zst"
    manifest = backup(settings, file)
    repacked(file, {MANIFEST: json.dumps({**vars(manifest), "format": 99, "program": "9.9.9"}).encode()})
    with pytest.raises(BackupError, match=r"made by another version: 9\.9\.9"):
        check(file)


def test_nothing_is_restored_over_what_is_there(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "file.tar.zst"
    backup(settings, file)
    before = seen(settings.home)
    with pytest.raises(BackupError, match="is not empty"):
        restore(settings, file)
    assert seen(settings.home) == before
    other = settings_at(tmp_path, "other")
    write(other.home, {"extracts/a": "a"})
    with pytest.raises(BackupError, match=r"is not empty \(extracts\)"):
        restore(other, file)
