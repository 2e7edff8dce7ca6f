"""The county's folder is replaced whole, and only if an earlier run of the simulation made it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attendance.errors import MendableError

MARKER = ".simulated"


class SimulationError(MendableError):
    """The county cannot be simulated as asked; the message names what is wrong and what to do."""


def _is_ours(folder: Path) -> bool:
    return (folder / MARKER).is_file()


def refuse_a_stranger(folder: Path) -> None:
    """Raise SimulationError where the folder holds anything that the simulation did not write."""
    if folder.is_dir():
        if any(folder.iterdir()) and not _is_ours(folder):
            raise SimulationError(
                f"{folder} is not empty and was not written by the simulation (it has no file {MARKER}). "
                "Name an empty or new folder, so that nobody's files are lost."
            )
    elif folder.exists():
        raise SimulationError(f"{folder} is a file. Name an empty or new folder.")


def _clear(folder: Path) -> None:
    refuse_a_stranger(folder)
    if folder.exists():
        shutil.rmtree(folder)


@contextmanager
def replaced_whole(folder: Path, marker: str) -> Iterator[Path]:
    """Give a temporary sibling to write into; it takes the folder's name only when the block ends without an error.

    A run that is killed leaves the folder as it was, and a hidden sibling that the next run removes.
    """
    refuse_a_stranger(folder)
    building = folder.with_name(f".{folder.name}.simulating")
    retired = folder.with_name(f".{folder.name}.retired")
    for leftover in (building, retired):
        _clear(leftover)
    building.mkdir(parents=True)
    (building / MARKER).write_text(marker, encoding="utf-8")
    try:
        yield building
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    if folder.exists():
        folder.rename(retired)
    building.rename(folder)
    _clear(retired)
