"""``make bench``: what a whole county takes, beside the floor, the field's way, Polars and pandas; size by size.

``python -m benchmarks.county`` invents a county in the likeness of the published one, at several sizes, and runs over
its files the pipeline's own commands and each contender, every one in a process of its own. A contender's table is
compared with the mart cell by cell. ``results.jsonl`` and ``results.md`` are written after each stage: an interrupted
run keeps what it measured and says what is missing. Nothing else should be at work on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import yaml

from attendance.airflow.running import airflow_environment
from attendance.settings import PROJECT, Settings, read_settings
from benchmarks import results as told
from benchmarks.contenders import CONTENDERS
from benchmarks.contenders.senders import files_by_source, read_senders
from benchmarks.measuring import DONE, FAILED, Measured, machine, run
from benchmarks.results import County, Goal, Result, Results

YEAR = "2023-24"
KEY = "an invented key, only for this benchmark"
CEILING_GB = 20
SIZES = "0.1,0.3,1,1x3"
NIGHTLY = told.NIGHTLY
# What is measured where there are several school years: how the pipeline and the floor grow, not the others.
OVER_YEARS = (told.SIMULATE, *told.PIPELINE, told.FLOOR)
AT_ANY_SIZE = ("dbt parse", *(f"dags/{path.name}" for path in sorted((PROJECT / "dags").glob("*.py"))))
STAGES = (told.SIMULATE, *told.PIPELINE, *CONTENDERS, *NIGHTLY, *AT_ANY_SIZE)
ATTENDANCE = ("ATT", "attendance", "Attendance", "daily", "period")
COLUMNS = "school_year, entity_level, cds_code, reporting_category, eligible_enrollment, chronic_count"
# What the contenders count: the state's categories, without the project's own by kind of school.
OF_THE_STATE = "reporting_category not in ('CHY', 'CHN', 'CHZ', 'DAY', 'DAN', 'DAZ', 'ALY', 'ALN', 'ALZ')"


@dataclass(frozen=True)
class Size:
    """A share of the county's students, over so many school years."""

    name: str
    scale: float
    years: int

    @classmethod
    def of(cls, name: str) -> Size:
        """0.3 is three tenths of the county in one school year, 1x3 all of it in three."""
        scale, _, years = name.partition("x")
        return cls(name, float(scale), int(years or 1))

    def takes(self, stage: str) -> bool:
        """Whether the stage is measured at this size."""
        return stage not in AT_ANY_SIZE and (self.years == 1 or stage in OVER_YEARS)


@dataclass(frozen=True)
class Place:
    """Where a size lies: below ``folder`` are config, extracts, the pipeline's home and the contenders' tables."""

    folder: Path
    public: Path

    @property
    def settings(self) -> Settings:
        """Where the pipeline finds everything."""
        county = self.folder / "county"
        return Settings(
            home=self.folder / "home", config=county / "config", extracts=county / "extracts", public=self.public
        )

    def environment(self) -> dict[str, str]:
        """Of the pipeline's commands."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ATTENDANCE_", "DBT_"))}
        own = {"ATTENDANCE_SECRET": KEY, "PYTHONPATH": str(PROJECT), "COLUMNS": "200"}
        # how many senders are loaded at a time is the command's own choice, by the processors that there are
        places = {name: value for name, value in self.settings.environment().items() if name != "ATTENDANCE_SENDERS"}
        return {**kept, **places, **own}


def attendance(*arguments: str) -> list[str]:
    """The command ``attendance …``, by this Python."""
    return [sys.executable, "-m", "attendance.cli", *arguments]


def simulation(size: Size, place: Place, like: Sequence[Path], directory: Path) -> list[str]:
    """The command that invents a county of that size."""
    published = [argument for path in like for argument in ("--like", str(path))]
    return attendance(
        "simulate",
        *published,
        *("--directory", str(directory), "--year", YEAR, "--years", str(size.years), "--scale", str(size.scale)),
        *("--out", str(place.folder / "county")),
    )


def measure_county(size: str, settings: Settings) -> County:
    """Count what the senders of a county sent."""
    senders = read_senders(settings.config)
    by_source = files_by_source(settings.extracts, senders, ())
    of_attendance = {sent.path for files in by_source.values() for sent in files if sent.table in ATTENDANCE}
    years = {sent.school_year for files in by_source.values() for sent in files if sent.school_year}
    files = size_bytes = rows = attendance_rows = 0
    for path in settings.extracts.rglob("*"):
        if path.suffix not in {".csv", ".txt"}:
            continue
        content = path.read_bytes()
        # CALPADS has no header
        lines = content.count(b"\n") - (path.suffix == ".csv")
        files, size_bytes, rows = files + 1, size_bytes + len(content), rows + lines
        attendance_rows += lines if str(path) in of_attendance else 0
    schools = sum(len(sender.schools) for sender in senders)
    return County(size, len(years), len(senders), schools, files, size_bytes, rows, attendance_rows)


@contextmanager
def one_day_changed(settings: Settings) -> Iterator[Path]:
    """Take the last day out of one sender's latest month of attendance, as if it had not been sent; put it back after.

    The largest of the latest files is changed. Raises ValueError where no file has two days.
    """
    by_source = files_by_source(settings.extracts, read_senders(settings.config), ())
    paths = [
        Path(one.path)
        for source, files in by_source.items()
        if source != "calpads"
        for one in files
        if one.table in ATTENDANCE
    ]
    latest = max(path.stem.rpartition("_")[2] for path in paths)
    path = max((path for path in paths if path.stem.endswith(latest)), key=lambda path: path.stat().st_size)
    as_sent = path.read_bytes()
    header, *lines = as_sent.splitlines(keepends=True)
    column = next(
        place
        for place, name in enumerate(header.decode().strip().split(","))
        if name in {"DT", "att_date", "date", "ABS_DATE"}
    )
    dates = [line.split(b",")[column] for line in lines]
    last = max(dates)
    if min(dates) == last:
        raise ValueError(f"{path} tells of one day only.")
    try:
        path.write_bytes(b"".join([header, *(line for line, date in zip(lines, dates, strict=True) if date != last)]))
        yield path
    finally:
        path.write_bytes(as_sent)


def cells_that_differ(mart: Path, table: Path) -> int:
    """Rows of the mart and of a contender's table that the other does not have."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{mart}' as warehouse (read_only)")
        ours = f"select {COLUMNS} from warehouse.marts.chronic_absence where {OF_THE_STATE}"
        theirs = f"select {COLUMNS} from '{table}'"
        counts = connection.execute(
            f"select (select count(*) from ({ours} except all {theirs})) "
            f"+ (select count(*) from ({theirs} except all {ours}))"
        ).fetchall()
    return int(counts[0][0])


def _compared(measured: Measured, place: Place, table: Path) -> tuple[Measured, str]:
    """A contender that counts anything else than the mart has failed."""
    mart = place.settings.building
    if measured.outcome != DONE:
        return measured, measured.told.strip().splitlines()[-1] if measured.told.strip() else ""
    if not mart.exists():
        return measured, "not compared: no mart was built"
    differ = cells_that_differ(mart, table)
    if differ:
        return replace(measured, outcome=FAILED), f"{differ:,} rows differ from the mart"
    return measured, "equals the mart"


def measure_stage(stage: str, place: Place, ceiling: int | None = None) -> tuple[Measured, str]:
    """Run a stage; what it took, and a note."""
    environment, logs = place.environment(), place.folder / "logs"

    def ran(command: Sequence[str], variables: Mapping[str, str] = environment, limit: int | None = None) -> Measured:
        return run(command, variables, PROJECT, logs / f"{stage.replace('/', '-')}.log", limit)

    if stage == "load":
        shutil.rmtree(place.settings.home, ignore_errors=True)
        return ran(attendance("load")), ""
    if stage == "build":
        return ran(attendance("build")), ""
    if stage in CONTENDERS:
        table = place.folder / f"{stage}.parquet"
        table.unlink(missing_ok=True)
        folders = [str(place.settings.config), str(place.settings.extracts), str(table)]
        command = [sys.executable, "-m", "benchmarks.contenders", stage, *folders]
        return _compared(ran(command, limit=ceiling), place, table)
    if stage == "dbt parse":
        return ran([sys.executable, "-m", "benchmarks.dbt_parse"]), ""
    if stage.startswith("dags/"):
        variables = {**environment, **airflow_environment(place.settings), "PYTHONPATH": str(PROJECT)}
        measured = ran([sys.executable, "-m", "benchmarks.dag_import", str(PROJECT / stage)], variables)
        if measured.outcome != DONE:
            return measured, ""
        taken = json.loads(measured.told.splitlines()[-1])
        # what the file itself takes: whoever reads it has imported Airflow before
        own = replace(measured, seconds=taken["file"], cpu_seconds=taken["file"])
        return own, f"beyond Airflow's own {taken['airflow']:.2f} s of processor"
    raise ValueError(f"There is no stage {stage!r}. Known are: {', '.join(STAGES)}.")


def measure_nights(place: Place, stages: Sequence[str]) -> Iterator[tuple[str, Measured, str]]:
    """Change one day at one sender, then load and build what was built before: each stage, what it took, and a note."""
    if not stages:
        return
    with one_day_changed(place.settings) as path:
        for stage in stages:
            command = attendance(stage.removeprefix("nightly "))
            measured = run(command, place.environment(), PROJECT, place.folder / "logs" / f"{stage}.log")
            yield stage, measured, f"one day of {path.name} changed"


def measure_size(size: Size, place: Place, wanted: Sequence[str], ceiling: int) -> Iterator[tuple[str, Measured, str]]:
    """Run each wanted stage that is measured at this size, the nights last: each stage, what it took, and a note."""
    taken = [stage for stage in wanted if size.takes(stage) and stage != told.SIMULATE]
    for stage in (stage for stage in taken if stage not in NIGHTLY):
        yield (stage, *measure_stage(stage, place, ceiling))
    yield from measure_nights(place, [stage for stage in taken if stage in NIGHTLY])


def read_goals(path: Path) -> tuple[Goal, ...]:
    """The goals of ``goals.yml``."""
    return tuple(Goal(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8")))


@dataclass
class Bench:
    """A run: what it is to measure, what it has, and the page that is written after each stage."""

    results: Results
    goals: tuple[Goal, ...]
    planned: list[tuple[str, str]]
    out: Path

    def add(self, size: str, stage: str, measured: Measured, rows: int, note: str) -> None:
        """Keep one more measurement and write everything anew."""
        one = Result(
            size=size,
            stage=stage,
            outcome=measured.outcome,
            seconds=measured.seconds,
            cpu_seconds=measured.cpu_seconds,
            peak_bytes=measured.peak_bytes,
            rows=rows,
            note=note,
            at=datetime.now(tz=UTC).isoformat(timespec="seconds"),
        )
        self.results = replace(self.results, results=(*self.results.results, one))
        self.planned.remove((size, stage))
        print(
            f"{size:<14} {stage:<32} {one.outcome:<14} {one.seconds:9.2f} s {one.cpu_seconds:9.2f} s of processor "
            f"{one.peak_bytes / 1e9:6.2f} GB  {note}",
            flush=True,
        )
        self.write()

    def write(self) -> None:
        """Write ``results.jsonl`` and ``results.md``."""
        missing = [f"{stage} at {size}" if size else stage for size, stage in self.planned]
        told.write(self.out / "results.jsonl", self.results)
        page = told.page(self.results, CONTENDERS, self.goals, missing, STAGES)
        (self.out / "results.md").write_text(page, encoding="utf-8")


def simulate(size: Size, place: Place, like: Sequence[Path], directory: Path) -> Measured | None:
    """Invent the county; what that took, none where it is there already. Raises RuntimeError where it cannot be."""
    if (place.folder / "county" / "extracts").is_dir():
        print(f"{size.name}: {place.folder / 'county'} is there and used again", flush=True)
        return None
    command = simulation(size, place, like, directory)
    # the county's own registry does not exist yet
    environment = {**place.environment(), "ATTENDANCE_CONFIG": str(PROJECT / "config")}
    measured = run(command, environment, PROJECT, place.folder / "logs" / "simulate.log")
    print(f"{size.name}: simulated in {measured.seconds:.0f} s", flush=True)
    if measured.outcome != DONE:
        raise RuntimeError(f"{' '.join(command)} failed:\n{measured.told}")
    return measured


def with_county(parser: argparse.ArgumentParser, asked: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for, and which county: where it lies, what it is like, where the results are written."""
    cde = read_settings().public / "cde"
    parser.add_argument(
        "--scratch", type=Path, default=PROJECT / "var" / "bench", help="what is simulated there is used"
    )
    parser.add_argument("--out", type=Path, default=PROJECT / "benchmarks", help="where the results are written")
    parser.add_argument("--like", type=Path, action="append", help="DataQuest's file of a year, the last year first")
    parser.add_argument("--directory", type=Path, help="the state's directory of schools")
    parsed = parser.parse_args(asked)
    parsed.like = parsed.like or sorted(cde.glob("chronicabsenteeism2[34].txt*"), reverse=True)
    parsed.directory = parsed.directory or next(iter([*cde.glob("school_directory*"), *cde.glob("pubschls*")]), None)
    if not parsed.like or not parsed.directory:
        parser.error(
            f"{cde} lacks the published figures or the directory of schools: name them by --like, --directory."
        )
    return parsed


def arguments(asked: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sizes", default=SIZES, help="shares of the county-year; 1x3 is three years of all of it (%(default)s)"
    )
    parser.add_argument("--only", default="", help=f"stages, with commas between: {', '.join(STAGES)}")
    parser.add_argument("--ceiling", type=float, default=CEILING_GB, help="GB at which a contender is stopped")
    return with_county(parser, asked)


def main() -> None:
    """Simulate, measure, write; exits with 1 where a stage failed."""
    asked = arguments()
    sizes = [Size.of(name) for name in asked.sizes.split(",")]
    wanted = [stage for stage in STAGES if not asked.only or stage in asked.only.split(",")]
    planned = [(size.name, stage) for size in sizes for stage in wanted if size.takes(stage)]
    planned += [("", stage) for stage in wanted if stage in AT_ANY_SIZE]
    before = told.read(asked.out / "results.jsonl", machine())
    bench = Bench(before, read_goals(Path(__file__).with_name("goals.yml")), planned, asked.out)
    public = read_settings().public
    places = {size.name: Place(asked.scratch / size.name, public) for size in sizes}
    for size in sizes:
        place = places[size.name]
        simulated = simulate(size, place, asked.like, asked.directory)
        county = measure_county(size.name, place.settings)
        others = tuple(one for one in bench.results.counties if one.size != size.name)
        bench.results = replace(bench.results, counties=(*others, county))
        bench.write()
        if simulated is not None and told.SIMULATE in wanted:
            bench.add(size.name, told.SIMULATE, simulated, county.rows, "rows of all files")
        for stage, measured, note in measure_size(size, place, wanted, int(asked.ceiling * 1e9)):
            bench.add(size.name, stage, measured, county.rows, note)
    for stage in wanted:
        if stage in AT_ANY_SIZE:
            measured, note = measure_stage(stage, places[sizes[0].name])
            bench.add("", stage, measured, 0, note)
    if any(one.outcome == FAILED for one in bench.results.results):
        sys.exit(1)


if __name__ == "__main__":
    main()
