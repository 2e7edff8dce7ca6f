"""How fast a gigabyte of Aeries attendance becomes validated Parquet, beside a bare COPY of the same file.

``python -m benchmarks.loading`` makes an invented file, measures both ways in turns, each in a process of its own, and
prints every stage's seconds, the peak memory and the ratio of the two rates. With ``--bad 0.005`` one row in two
hundred breaks a rule. Nothing else should be at work on the machine meanwhile; where something is, seconds of the
processor tell more than those of the clock.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from attendance.settings import Settings
from ingestion import load, straight
from ingestion.load import load_landed
from ingestion.pull import pull_new_files
from ingestion.registry import Registry

LEA = "1999001"
YEAR = "2023-24"
ROWS = 24_000_000  # a gigabyte
SCHOOLS = range(100, 500)
STUDENTS = 2_500  # of one school
ABSENCES = 24  # rows of one student
CODES = "AIUXT"
KEY = "an invented key, only for this benchmark"
TYPES = {"SC": "INTEGER", "SN": "BIGINT", "DY": "INTEGER", "CD": "VARCHAR", "AL": "VARCHAR"}
TYPES |= {f"A{period}": "VARCHAR" for period in range(10)} | {"DT": "DATE", "DEL": "VARCHAR"}
STAGES: tuple[tuple[object, str], ...] = (
    (load, "open_landed"),
    (straight, "judge"),
    (straight, "list_faults"),
    (load, "_hold_to_calendar"),
    (load, "reject_repeated_keys"),
    (load, "set_strangers_aside"),
    (load, "_judge"),
    (load, "_refuse_a_shrunken"),
    (load, "write_periods"),
    (load, "write_rejects"),
)


@dataclass(frozen=True)
class Measured:
    """One way through, once: seconds of the clock and of the processor, peak memory in bytes, both seconds by stage."""

    seconds: float
    processor: float
    memory: int
    stages: dict[str, tuple[float, float]]


def write_attendance(path: Path, rows: int, bad: float) -> None:
    """An ATT export in the order of its table's key: school, student, date; the share ``bad`` of its rows is faulty."""
    periods = ", ".join(
        f"case when student_hash % 5 < 3 and {period} between 1 and 6 and (hash >> {10 + period}) % 4 > 0 "
        f"then '{CODES}'[1 + ((hash >> {12 + 2 * period}) % 4)::int] end as A{period}"
        for period in range(10)
    )
    faulty = f"(hash >> 40) % 1000000 < {int(bad * 1_000_000)}"
    with duckdb.connect() as connection:
        connection.execute(f"""
            copy (
                with numbers as (select range as n, range // {ABSENCES} as student from range({rows})),
                hashed as (select *, hash(n) as hash, hash(student) as student_hash from numbers),
                placed as (
                    select {SCHOOLS[0]} + student // {STUDENTS} as SC, 10001 + student % {STUDENTS} as SN,
                           1 + (n % {ABSENCES}) * 7 + (hash % 7)::int as DY, hash, student_hash
                    from hashed
                )
                select SC, SN, DY, case when {faulty} then 'X' end as CD,
                       case when hash % 100 < 90 then '{CODES}'[1 + ((hash >> 8) % 5)::int] end as AL, {periods},
                       (date '{YEAR[:4]}-08-14' + (DY * 1.75)::int)::date as DT, (hash % 1000 = 7)::int as DEL
                from placed
            ) to '{path}' (format csv, header true)
        """)


def send(settings: Settings, rows: int, bad: float) -> Path:
    """Put the LEA's files into the extracts: absence codes, calendar and attendance; returns the last one's path."""
    folder = settings.extracts / LEA / "aeries" / YEAR
    folder.mkdir(parents=True)
    codes = [f"{school},{code},title,ABC,2,N,,N" for school in SCHOOLS for code in CODES]
    (folder / "ABS_20230801.csv").write_text("\n".join(["SC,CD,TI,AB,TY,SU,IS,AD", *codes]) + "\n")
    days = [f"{school},1,{day},,1" for school in SCHOOLS for day in ("2023-08-14", "2024-06-14")]
    (folder / "DAY_20230801.csv").write_text("\n".join(["SC,DY,DT,HO,MO", *days]) + "\n")
    path = folder / "ATT_20240701.csv"
    write_attendance(path, rows, bad)
    return path


def registry() -> Registry:
    """One LEA with all the schools."""
    schools = [
        {"code": str(9_910_000 + number), "number": number, "name": f"Invented {number}", "level": "K-12"}
        for number in SCHOOLS
    ]
    lea = {
        "code": LEA,
        "name": "Invented",
        "schools": schools,
        "sends": {"aeries": {"folder": f"{LEA}/aeries/{{school_year}}"}},
    }
    return Registry.model_validate(
        {"county": {"code": "19", "name": "Invented"}, "state": {"code": "00", "name": "Invented"}, "leas": [lea]}
    )


@contextmanager
def stopwatches(stages: dict[str, tuple[float, float]]) -> Iterator[None]:
    """Add up the seconds that each stage of the load takes."""
    kept = [(module, name, getattr(module, name)) for module, name in STAGES]

    def timed(name: str, run: Callable[..., object]) -> Callable[..., object]:
        def run_timed(*args: object, **kwargs: object) -> object:
            begun, used = time.perf_counter(), time.process_time()
            try:
                return run(*args, **kwargs)
            finally:
                before = stages.get(name, (0.0, 0.0))
                stages[name] = (before[0] + time.perf_counter() - begun, before[1] + time.process_time() - used)

        return run_timed

    for module, name, run in kept:
        setattr(module, name, timed(name.strip("_"), run))
    try:
        yield
    finally:
        for module, name, run in kept:
            setattr(module, name, run)


def measured(run: Callable[[dict[str, tuple[float, float]]], object]) -> Measured:
    """Measure one way through in this process."""
    stages: dict[str, tuple[float, float]] = {}
    begun, used = time.perf_counter(), time.process_time()
    run(stages)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Measured(time.perf_counter() - begun, time.process_time() - used, memory, stages)


def bare_copy(path: Path, target: Path) -> Measured:
    """DuckDB's own way from CSV to Parquet with the types of the lake, without looking at a single value."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in TYPES.items())

    def run(_: dict[str, tuple[float, float]]) -> None:
        with duckdb.connect() as connection:
            connection.execute("set enable_progress_bar = false")
            query = f"select * from read_csv('{path}', header = true, columns = {{{columns}}})"
            connection.execute(f"copy ({query}) to '{target}' (format parquet)")

    return measured(run)


def validated_load(settings: Settings, delivery_ids: list[str]) -> Measured:
    """The load of the landed file, afresh each time."""

    def run(stages: dict[str, tuple[float, float]]) -> None:
        with stopwatches(stages):
            (outcome,) = load_landed(settings, registry(), delivery_ids, afresh=True)
        print(
            f"  {outcome.outcome}: {outcome.rows_in:,} in, {outcome.rows_loaded:,} loaded, "
            f"{outcome.rows_rejected:,} rejected"
        )
        if outcome.outcome != "loaded":
            raise SystemExit(outcome.message)

    return measured(run)


def in_own_process(run: Callable[..., Measured], *args: object) -> Measured:
    """Measure in a process of its own, so that its peak memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(run, args)


def told(label: str, one: Measured, rows: int) -> None:
    """Print one measurement."""
    print(
        f"{label:16s} {one.seconds:7.2f} s  {one.processor:7.2f} s of processor  "
        f"{rows / one.seconds / 1e6:5.2f} million rows/s  peak {one.memory / 1e9:.2f} GB",
        flush=True,
    )
    for stage, (seconds, processor) in one.stages.items():
        print(f"    {stage:24s} {seconds:6.2f} s  {processor:6.2f} s of processor")


def pulled(settings: Settings, label: str) -> list[str]:
    """Pull, and print how long it took."""
    begun = time.perf_counter()
    found = pull_new_files(settings, registry(), LEA, "sis")
    print(f"{label:16s} {time.perf_counter() - begun:7.2f} s", flush=True)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument(
        "--bad", type=float, default=0.0, help="share of rows that break a rule, below the limit of 0.01"
    )
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    os.environ["ATTENDANCE_SECRET"] = KEY
    folder = Path(tempfile.mkdtemp(prefix="loading-"))
    try:
        settings = Settings(
            home=folder / "home", config=folder / "config", extracts=folder / "extracts", public=folder / "public"
        )
        path = send(settings, asked.rows, asked.bad)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        print(
            f"{os.cpu_count()} cores, {memory / 1e9:.0f} GB of memory, load average {os.getloadavg()[0]:.1f}, "
            f"DuckDB {duckdb.__version__}"
        )
        print(f"{path.stat().st_size / 1e9:.2f} GB, {asked.rows:,} rows, of which {asked.bad:.1%} bad")
        ids = pulled(settings, "hash and land")
        codes = load_landed(settings, registry(), ids[:-1])
        print(f"  first: {', '.join(f'{one.file} {one.outcome}' for one in codes)}")
        bare, full = [], []
        for _ in range(asked.rounds):
            bare.append(in_own_process(bare_copy, path, folder / "bare.parquet"))
            told("bare COPY", bare[-1], asked.rows)
            full.append(in_own_process(validated_load, settings, ids[-1:]))
            told("validated load", full[-1], asked.rows)
        pulled(settings, "unchanged: hash")
        best_bare, best_full = min(one.seconds for one in bare), min(one.seconds for one in full)
        pairs = ", ".join(f"{one.seconds / two.seconds:.2f}" for one, two in zip(bare, full, strict=True))
        processor = min(one.processor for one in bare) / min(one.processor for one in full)
        print(f"load average at the end {os.getloadavg()[0]:.1f}")
        print(f"rate of the load / rate of a bare COPY: {best_bare / best_full:.2f} (best of each)")
        print(f"  by round {pairs}; by seconds of the processor {processor:.2f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
