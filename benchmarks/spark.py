"""``make bench-spark``: what the models of a county take on DuckDB, and on Spark with one worker and with two.

For each size: a county in the likeness of the published one is invented and loaded, where it is not there already;
then each engine builds from the same lake, one after the other, in a process of its own. After each the marts are
compared with DuckDB's, row by row. Prints seconds, ratio to DuckDB and growth from size to size, and writes them into
``spark.jsonl`` and ``spark.md``. Nothing else should be at work on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from attendance.compare_warehouses import compare_warehouses
from attendance.settings import DUCKDB, PROJECT, SPARK, read_settings
from benchmarks.county import Place, Size, measure_stage, simulate, with_county
from benchmarks.measuring import DONE, machine, run

SIZES = "0.1,0.3,1"
MEMORY = "4g"
ENGINES: dict[str, tuple[str, ...]] = {
    "DuckDB": (DUCKDB,),
    "Spark, 1 worker": (SPARK, "1", MEMORY),
    "Spark, 2 workers": (SPARK, "2", MEMORY),
}
FIRST = next(iter(ENGINES))


@dataclass(frozen=True)
class Run:
    """A build by an engine at a size.

    seconds:      of the clock, models and seeds, without starting or stopping a cluster
    peak_bytes:   most memory held at one time by all processes, the driver's and the workers' included
    task_seconds, input_bytes, shuffle_bytes, spilled_bytes: of Spark's executors; 0 on DuckDB
    tables, equal: tables that people read, and those of them that equal DuckDB's
    """

    size: str
    engine: str
    outcome: str
    seconds: float
    peak_bytes: int
    task_seconds: float = 0
    collection_seconds: float = 0
    input_bytes: int = 0
    shuffle_bytes: int = 0
    spilled_bytes: int = 0
    tables: int = 0
    equal: int = 0
    at: str = ""


def measure(size: str, place: Place, engine: str) -> Run:
    """Build at a size by an engine, and compare with what DuckDB built there before."""
    command = [sys.executable, "-m", "benchmarks.engine_build", *ENGINES[engine]]
    measured = run(command, place.environment(), PROJECT, place.folder / "logs" / f"{engine}.log")
    at = datetime.now(tz=UTC).isoformat(timespec="seconds")
    if measured.outcome != DONE:
        return Run(size, engine, measured.outcome, measured.seconds, measured.peak_bytes, at=at)
    told = json.loads(measured.told.strip().splitlines()[-1])
    beside = place.folder / "duckdb.duckdb"
    if engine == FIRST:
        shutil.copy(place.settings.building, beside)
    tables = compare_warehouses(beside, place.settings.building) if beside.exists() else []
    equal = sum(table.is_equal for table in tables)
    return Run(size, engine, DONE, **told, peak_bytes=measured.peak_bytes, tables=len(tables), equal=equal, at=at)


def growth(runs: Sequence[Run], run_: Run) -> float | None:
    """By which power of the size the seconds grew since the size before; none at the first."""
    before = [one for one in runs if one.engine == run_.engine and float(one.size) < float(run_.size)]
    if not before:
        return None
    last = max(before, key=lambda one: float(one.size))
    return math.log(run_.seconds / last.seconds) / math.log(float(run_.size) / float(last.size))


def lines(runs: Sequence[Run]) -> Iterable[str]:
    """The table, in Markdown."""
    yield "| county | engine | seconds | beside DuckDB | growth | memory | task seconds | shuffled | spilled | equal |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for one in sorted(runs, key=lambda one: (float(one.size), list(ENGINES).index(one.engine))):
        floor = next((each.seconds for each in runs if each.size == one.size and each.engine == FIRST), math.nan)
        grown = growth(runs, one)
        figures = [
            one.size,
            one.engine,
            f"{one.seconds:.0f}" if one.outcome == DONE else one.outcome,
            f"{one.seconds / floor:.1f}",
            "" if grown is None else f"{grown:.2f}",
            f"{one.peak_bytes / 1e9:.1f} GB",
            *(f"{value:.0f}" if one.engine != FIRST else "" for value in (one.task_seconds,)),
            *(
                f"{value / 1e9:.2f} GB" if one.engine != FIRST else ""
                for value in (one.shuffle_bytes, one.spilled_bytes)
            ),
            f"{one.equal} of {one.tables}",
        ]
        yield f"| {' | '.join(figures)} |"


def write(out: Path, runs: Sequence[Run]) -> None:
    """Write both files anew."""
    (out / "spark.jsonl").write_text("".join(json.dumps(asdict(one)) + "\n" for one in runs), encoding="utf-8")
    here = ", ".join(f"{name} {value}" for name, value in machine().items())
    told = [
        "# Two engines side by side",
        "",
        "Written by `make bench-spark`: models and seeds of one county-year, without tests, over the same lake.",
        "Growth is the power of the size by which the seconds grew since the size before: 1 is in proportion.",
        "Memory is the most that all processes held at one time. Equal: tables that people read, row by row the",
        "same as DuckDB's.",
        "",
        *lines(runs),
        "",
        f"Machine: {here}.",
        "",
    ]
    (out / "spark.md").write_text("\n".join(told), encoding="utf-8")


def arguments(asked: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=SIZES, help="shares of the county (%(default)s)")
    parser.add_argument(
        "--engines", default=";".join(ENGINES), help="with semicolons between; what was measured before is kept"
    )
    return with_county(parser, asked)


def main() -> None:
    """Simulate, load, measure, write; exits with 1 where an engine failed or built something else."""
    asked = arguments()
    known = asked.out / "spark.jsonl"
    before = [Run(**json.loads(line)) for line in known.read_text().splitlines()] if known.exists() else []
    runs = {(one.size, one.engine): one for one in before}
    made = []
    for name in asked.sizes.split(","):
        place = Place(asked.scratch / name, read_settings().public)
        simulate(Size.of(name), place, asked.like, asked.directory)
        if not place.settings.lake.is_dir():
            loaded, _ = measure_stage("load", place)
            if loaded.outcome != DONE:
                sys.exit(f"{name}: loading failed:\n{loaded.told}")
        for engine in (engine for engine in ENGINES if engine in asked.engines.split(";")):
            one = measure(name, place, engine)
            runs[name, engine] = one
            made.append(one)
            write(asked.out, list(runs.values()))
            print(
                f"{name:<5} {engine:<17} {one.outcome:<8} {one.seconds:8.0f} s {one.peak_bytes / 1e9:6.1f} GB  "
                f"{one.equal} of {one.tables} tables equal",
                flush=True,
            )
    print("\n".join(lines(list(runs.values()))))
    if any(one.outcome != DONE or one.equal < one.tables for one in made):
        sys.exit(1)


if __name__ == "__main__":
    main()
