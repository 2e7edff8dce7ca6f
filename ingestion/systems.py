"""The systems that files come from, by name, and how often each is expected: the seeds that dbt reads too."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from attendance.settings import Settings
from ingestion.errors import IngestionError


@dataclass(frozen=True)
class System:
    """A system: its source in the registry, its name, its kind, and when its silence is told.

    expected_every:   night, week or year
    stale_after_days: days after the last delivery
    """

    source: str
    name: str
    kind: str
    expected_every: str
    stale_after_days: int

    def days_stale(self, last_sent: date, as_of: date) -> int | None:
        """How many days ago the last delivery was, where that is longer than expected; else None."""
        days = (as_of - last_sent).days
        return days if days > self.stale_after_days else None


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
    except FileNotFoundError as missing:
        raise IngestionError(f"{path} is missing. It is a file of the project: put it back.") from missing


def read_systems(settings: Settings) -> dict[str, System]:
    """The systems by their source, from ``seeds/source_systems.csv`` and ``seeds/submission_thresholds.csv``."""
    seeds = settings.project / "seeds"
    thresholds = {row["applies_to"]: row for row in _rows(seeds / "submission_thresholds.csv")}
    return {
        row["source"]: System(
            row["source"],
            row["system_name"],
            row["kind"],
            thresholds[row["kind"]]["expected_every"],
            int(thresholds[row["kind"]]["days"]),
        )
        for row in _rows(seeds / "source_systems.csv")
    }
