"""What is wrong in the files, at known rates: lines that came twice and dates that no calendar has."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simulation.text import Written

# The tables whose lines are soiled, by the name that their kinds end with.
ATTENDANCE = ("ATT", "attendance", "Attendance", "daily", "period")
REPEATED, IMPOSSIBLE = 2e-5, 2e-5
DATE = re.compile(rb"\d{4}-\d{2}-\d{2}")
NO_DATE = b"2023-02-30"


@dataclass(frozen=True)
class Dirt:
    """So many lines of a kind in a sender's file; every one of them has to be rejected, and nothing else.

    path: the file as it was written, month by month
    """

    sender: str
    path: str
    what: str
    rows: int


def _lines(path: Path, numbers: list[int]) -> list[bytes]:
    """The lines of those numbers, the header being 0."""
    wanted = set(numbers)
    with path.open("rb") as file:
        return [line for number, line in enumerate(file) if number in wanted]


def soil(rng: np.random.Generator, root: Path, written: list[Written], sender: str) -> tuple[list[Written], list[Dirt]]:
    """Add soiled copies of some lines behind the attendance files; returns the files with their rows, and the dirt."""
    files, dirt = [], []
    for file in written:
        rates = {"repeated": REPEATED, "impossible date": IMPOSSIBLE}
        counts = {what: int(rng.poisson(rate * file.rows)) for what, rate in rates.items()}
        added = 0
        if file.kind.rpartition("/")[2] in ATTENDANCE and file.rows:
            for what, rows in counts.items():
                chosen = (1 + rng.integers(0, file.rows, rows)).tolist()
                lines = _lines(root / file.path, chosen) if rows else []
                if what == "impossible date":
                    lines = [DATE.sub(NO_DATE, line, count=1) for line in lines]
                if lines:
                    with (root / file.path).open("ab") as soiled:
                        soiled.write(b"".join(lines))
                    dirt.append(Dirt(sender, file.path, what, len(lines)))
                    added += len(lines)
        files.append(replace(file, rows=file.rows + added))
    return files, dirt
