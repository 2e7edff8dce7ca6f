"""Whether a build would find anything that the last good build did not have."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from attendance.settings import Settings

# written anew for each build from what stands elsewhere
_DERIVED = ("registry", "ledger", "suppression")


def _stamp(settings: Settings) -> Path:
    return settings.airflow / "built"


def _inputs(settings: Settings) -> Iterator[Path]:
    yield from settings.ledger.rglob("*.json")
    for source in settings.lake.glob("*"):
        if source.name not in _DERIVED:
            yield from source.rglob("*.parquet")
    for folder in (settings.config, settings.dbt_project, settings.project / "seeds", settings.dashboards):
        yield from (path for path in folder.rglob("*") if path.is_file())


def mark_built(settings: Settings, began: float) -> None:
    """Remember that all that was there at ``began`` (seconds since 1970) is now in the published warehouse."""
    settings.airflow.mkdir(parents=True, exist_ok=True)
    _stamp(settings).touch()
    os.utime(_stamp(settings), (began, began))


def changed_since_build(settings: Settings) -> bool:
    """Whether anything that a build reads is newer than the last good build, or there was none."""
    try:
        built = _stamp(settings).stat().st_mtime
    except FileNotFoundError:
        return True
    return not settings.warehouse.exists() or any(path.stat().st_mtime >= built for path in _inputs(settings))
