"""The oracle over many counties: ``make oracle``, or ``python -m tests.oracle.seeds SEED…`` for some.

Each seed is another county of 5,000 students, in all four systems, written as its districts would send it, loaded, made
into marts and counted by hand. Prints a line for each; ends with 1 where a student or a group differs anywhere. What is
printed are counts: no student.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from attendance.settings import PROJECT, Settings
from ingestion.load import load_landed
from ingestion.pull import pull_new_files
from ingestion.reference import prepare_lake, write_reference
from ingestion.registry import Registry, read_registry
from ingestion.secret import read_secret
from simulation.county import SCHOOL_YEARS, simulate
from tests.oracle.agreement import Compared, compare
from tests.oracle.chronic import count
from tests.oracle.warehouse import Compiled, compile_marts, marts_of

SEEDS = tuple(range(1, 21))
STUDENTS = 5_000
# What chronic absence is counted from; interventions and surveys are not.
KINDS = ("sis", "calpads")
AT_A_TIME = 2


@dataclass(frozen=True)
class Outcome:
    """What became of one seed: deliveries that were not taken whole, and each level compared."""

    seed: int
    refused: int
    levels: tuple[Compared, ...]
    seconds: float

    @property
    def agrees(self) -> bool:
        """Everything was loaded and nothing differs."""
        return not self.refused and all(level.agrees for level in self.levels)

    def __str__(self) -> str:
        refused = f"; {self.refused} deliveries were refused or had rejects" if self.refused else ""
        told = "agrees" if self.agrees else "DIFFERS"
        return f"seed {self.seed:>3}  {told:<8} {'; '.join(map(str, self.levels))}{refused} ({self.seconds:.0f} s)"


def load(settings: Settings, registry: Registry) -> int:
    """Load what chronic absence is counted from; returns how many deliveries were not taken whole."""
    records = [
        record
        for kind in KINDS
        for sender in registry.sending(kind)
        for record in load_landed(settings, registry, pull_new_files(settings, registry, sender.code, kind))
    ]
    prepare_lake(settings)
    write_reference(settings, registry)
    return sum(record.outcome != "loaded" or record.rows_rejected > 0 for record in records)


def ask(
    seed: int, compiled: Compiled, *, students: int = STUDENTS, school_years: tuple[str, ...] = SCHOOL_YEARS
) -> Outcome:
    """Simulate, load, make the marts, count by hand, and compare; in a home of its own that is removed."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"oracle-{seed}-") as folder:
        root = Path(folder)
        settings = Settings(
            home=root / "home", config=PROJECT / "config", extracts=root / "extracts", public=root / "public"
        )
        registry = read_registry(settings.config)
        simulate(registry, settings.extracts, seed=seed, students=students, school_years=school_years)
        refused = load(settings, registry)
        with marts_of(compiled, settings.lake) as marts:
            levels = compare(count(settings.extracts, settings.config), marts, read_secret(settings))
    return Outcome(seed, refused, levels, time.monotonic() - started)


def main(arguments: Sequence[str]) -> int:
    """Ask for the seeds, two side by side; returns 1 where any differs."""
    seeds = [int(argument) for argument in arguments] or list(SEEDS)
    started = time.monotonic()
    # each home makes a key of its own
    os.environ.pop("ATTENDANCE_SECRET", None)
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
        compiled = compile_marts(Path(folder), read_registry(PROJECT / "config"))
        with ProcessPoolExecutor(max_workers=AT_A_TIME) as processes:
            outcomes = []
            for outcome in processes.map(partial(ask, compiled=compiled), seeds):
                print(outcome, flush=True)
                outcomes.append(outcome)
    wrong = [outcome for outcome in outcomes if not outcome.agrees]
    compared = sum(level.students for outcome in outcomes for level in outcome.levels)
    print(
        f"{len(outcomes)} seeds, {compared:,} students at an entity in a year compared: "
        + (f"{len(wrong)} seeds differ: {', '.join(str(each.seed) for each in wrong)}" if wrong else "all agree")
        + f" ({time.monotonic() - started:.0f} s)"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
