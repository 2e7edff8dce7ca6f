"""Night after night of a running year: ``make nights``, or ``python -m tests.nights [--from DATE] [--nights N]``.

The example county as it was on the evening of each school day: what was marked later is taken out of a copy of its
lake. Each night is built, audited, mended and published as any other, with all releases before it on record, without
dbt's tests and without PostgreSQL. Prints a line a night, and all of them at the end: how many counts are hidden, how
often the audit had more hidden, and the seconds it took; then what the last night would hide as a first release. Ends
with 1 where a night could not be published. Works in ``var/nights``, and begins anew each time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from attendance.dbt import WITHOUT_TESTS, build
from attendance.settings import NO_POSTGRES, Settings, read_settings
from attendance.steps import audit_and_mend, load_all, make_sure_of_extracts, prepare
from ingestion.contract import read_contracts
from ingestion.registry import read_registry
from publishing.audit.releases import folder, releases
from publishing.publish import UnsafeError, publish


def school_days(begin: date) -> Iterator[date]:
    """Mondays to Fridays from a date on; on holidays nothing is new."""
    for day in range(10_000):
        if (evening := begin + timedelta(days=day)).weekday() < 5:
            yield evening


def cut(whole: Path, lake: Path, evening: date) -> None:
    """Put what had been marked by that evening into the lake; everything else is as it was at the end of the year."""
    for contract in read_contracts():
        if "attendance" not in contract.file or "school_date" not in contract.lake_columns():
            continue
        for path in sorted((whole / contract.source / contract.file).rglob("*.parquet")):
            to = lake / path.relative_to(whole)
            query = f"select * from read_parquet('{path}') where school_date <= date '{evening}'"
            duckdb.connect().execute(f"copy ({query}) to '{to}.new' (format parquet)")
            Path(f"{to}.new").replace(to)


def build_tables(settings: Settings) -> None:
    """Build in a process of its own: dbt holds the file that it built until its process ends."""
    os.environ.update(settings.environment())
    prepare(settings)
    build(settings, arguments=WITHOUT_TESTS)


def one_night(settings: Settings) -> tuple[int, int]:
    """Build, audit and mend; returns how many counts are hidden, and how often the audit had more hidden."""
    working = multiprocessing.get_context("spawn").Process(target=build_tables, args=(settings,))
    working.start()
    working.join()
    if working.exitcode:
        raise SystemExit("The build failed: the lines above say why.")
    turns: list[str] = []
    audit_and_mend(settings, turns.append)
    with duckdb.connect(str(settings.building), read_only=True) as connection:
        hidden = "count(*) filter (suppression_reason is not null or hides_chronic)"
        ((count,),) = connection.execute(f"select {hidden} from intermediate.int_suppressed_counts").fetchall()
    return int(count), sum("more are hidden with them" in line for line in turns)


def main(arguments: Sequence[str]) -> int:
    """Publish each night; returns 1 at the first that cannot be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--from", dest="begin", type=date.fromisoformat, default=date(2023, 10, 2), metavar="DATE")
    parser.add_argument("--nights", type=int, default=20, metavar="N")
    chosen = parser.parse_args(arguments)
    home = read_settings().home / "nights"
    shutil.rmtree(home, ignore_errors=True)
    settings = replace(read_settings(), home=home, extracts=home / "extracts", postgres=NO_POSTGRES)
    os.environ.update(settings.environment())
    registry = read_registry(settings.config)
    make_sure_of_extracts(settings, registry, print)
    load_all(settings, lambda _: None)
    whole = home / "whole"
    shutil.copytree(settings.lake, whole)
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        print(line, flush=True)

    for number, evening in zip(range(chosen.nights), school_days(chosen.begin), strict=False):
        started = time.monotonic()
        cut(whole, settings.lake, evening)
        try:
            hidden, turns = one_night(settings)
        except UnsafeError as error:
            tell(f"{evening}  not published")
            print("\n".join([str(error), *told]))
            return 1
        publish(settings)
        tell(
            f"{evening}  {hidden:>6,} counts hidden  {turns} turns of mending  {len(releases(settings)):>3} releases  "
            f"{time.monotonic() - started:>4.0f} s"
        )
        if number == chosen.nights - 1:
            shutil.rmtree(folder(settings))
            settings.company.unlink(missing_ok=True)
            hidden, turns = one_night(settings)
            told.append(f"As a first release that night would hide {hidden:,} ({turns} turns of mending).")
    print("\n".join(["", *told]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
