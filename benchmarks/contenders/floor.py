"""The floor: one hand-written DuckDB script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders.in_duckdb import counted_by


def count(config: Path, extracts: Path, school_years: Sequence[str], target: Path) -> None:
    """Write the table to ``target``; see ``benchmarks.contenders``."""
    counted_by(Path(__file__).with_suffix(".sql"), config, extracts, school_years, target)
