"""The county's home is backed up, restored elsewhere and published there: the pages are the same."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from attendance.backup import KEPT, REMADE
from attendance.settings import Settings
from publishing.release import id_of
from tests.end_to_end.conftest import County


def pages(settings: Settings) -> dict[str, bytes]:
    """Every page, by its path."""
    folder = settings.site.resolve()
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_in_the_countys_home_is_backed_up_or_made_again(county: County) -> None:
    there = {path.name for path in county.settings.home.iterdir() if not path.name.startswith(("site-", "copies-"))}
    assert there - {*KEPT, *REMADE} == set()
    assert {"lake", "landing", "ledger", "released"} <= there


def test_what_is_restored_from_a_backup_and_published_has_the_same_pages(county: County) -> None:
    folder = Path(tempfile.mkdtemp(prefix="attendance-restored-"))
    try:
        file = folder / "county.tar.zst"
        said = county.attendance("backup", str(file), "--with-key").stdout
        assert "The key of the pseudonyms is in it." in said
        assert "is whole" in county.attendance("restore", "--check", str(file)).stdout
        settings = replace(county.settings, home=folder / "home", postgres="off")
        restored = County(settings, {**county.environment, **settings.environment()}, "")
        assert "Next: attendance publish" in restored.attendance("restore", str(file)).stdout
        restored.attendance("publish")
        assert pages(settings) == pages(county.settings)
        assert settings.site.readlink() == county.settings.site.readlink()
        assert id_of(settings.warehouse) == id_of(county.settings.warehouse)
        # what was released before is known: nothing new was
        assert len(list((settings.home / "released").glob("release-*"))) == len(
            list((county.settings.home / "released").glob("release-*"))
        )
        assert settings.secret_file.read_text() == county.settings.secret_file.read_text()
        # nothing of what lies in the sender's folders comes in again
        assert (
            "0 loaded" in restored.attendance("load").stdout or "nothing" in restored.attendance("load").stdout.lower()
        )
    finally:
        shutil.rmtree(folder)
