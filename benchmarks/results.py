"""What was measured, as JSON lines, and as the page ``results.md`` that is written from them after each stage."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measuring import DONE

FLOOR = "floor"
SIMULATE = "simulate"
PIPELINE, NIGHTLY = ("load", "build"), ("nightly load", "nightly build")
# Stages that are made of others, one after the other.
SUMS = {"pipeline": PIPELINE, "nightly": NIGHTLY}
DAGS = "dags"
GB = 1e9
HEADER = "| stage | seconds | s of processor | peak GB | rows | rows/s | |"


@dataclass(frozen=True)
class County:
    """How big a simulated county is. years: school years; bytes, rows: of all files, the rows without headers."""

    size: str
    years: int
    senders: int
    schools: int
    files: int
    bytes: int
    rows: int
    attendance_rows: int


@dataclass(frozen=True)
class Result:
    """One stage at one size, once; ``size`` is "" where it does not matter.

    seconds, cpu_seconds, peak_bytes, outcome: as in ``benchmarks.measuring.Measured``
    rows: rows that came in
    note: in words what the numbers do not say
    at:   when it was measured, ISO
    """

    size: str
    stage: str
    outcome: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    rows: int
    note: str
    at: str


@dataclass(frozen=True)
class Goal:
    """What is asked of a stage at a size. measure: as in ``measure``; reason: why it is not met, in words."""

    what: str
    stage: str
    size: str
    measure: str
    at_most: float
    reason: str = ""


@dataclass(frozen=True)
class Results:
    """Everything that was measured on one machine; the latest of a stage and size counts."""

    machine: Mapping[str, str]
    counties: tuple[County, ...] = ()
    results: tuple[Result, ...] = ()

    def of(self, size: str, stage: str) -> Result | None:
        """The latest; of a stage in SUMS the sum of its parts, none unless all are done; of DAGS the slowest."""
        if stage in SUMS:
            return _summed(size, stage, [self.of(size, part) for part in SUMS[stage]])
        if stage == DAGS:
            latest = [self.of(size, one) for one in sorted({one.stage for one in self.results}) if one.startswith(DAGS)]
            return max(filter(None, latest), key=lambda one: one.seconds, default=None)
        found = [one for one in self.results if one.size == size and one.stage == stage]
        return found[-1] if found else None

    def county(self, size: str) -> County | None:
        """How big a size is."""
        return next((one for one in reversed(self.counties) if one.size == size), None)


def _summed(size: str, stage: str, parts: Sequence[Result | None]) -> Result | None:
    done = [part for part in parts if part is not None and part.outcome == DONE]
    if len(done) < len(parts):
        return None
    return Result(
        size=size,
        stage=stage,
        outcome=DONE,
        seconds=sum(part.seconds for part in done),
        cpu_seconds=sum(part.cpu_seconds for part in done),
        peak_bytes=max(part.peak_bytes for part in done),
        rows=done[0].rows,
        note=" and ".join(part.stage for part in done),
        at=done[-1].at,
    )


def read(path: Path, machine: Mapping[str, str]) -> Results:
    """What was measured before on this machine; nothing of another machine, or with other versions."""
    results = Results(machine)
    if not path.exists():
        return results
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if not lines or lines[0] != {"machine": dict(machine)}:
        return results
    return Results(
        machine,
        tuple(County(**line["county"]) for line in lines if "county" in line),
        tuple(Result(**line["result"]) for line in lines if "result" in line),
    )


def write(path: Path, results: Results) -> None:
    """Write all of it as JSON lines, the machine first."""
    lines: list[dict[str, object]] = [{"machine": dict(results.machine)}]
    lines += [{"county": asdict(one)} for one in results.counties]
    lines += [{"result": asdict(one)} for one in results.results]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def exponent(points: Iterable[tuple[float, float]]) -> float | None:
    """How seconds grow with rows: 1 is in proportion. Least squares over the logarithms; none of one size alone.

    points: rows, seconds
    """
    logs = [(math.log(rows), math.log(seconds)) for rows, seconds in points if rows > 0 and seconds > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    x_mean = sum(x for x, _ in logs) / len(logs)
    y_mean = sum(y for _, y in logs) / len(logs)
    return sum((x - x_mean) * (y - y_mean) for x, y in logs) / sum((x - x_mean) ** 2 for x, _ in logs)


def _grows(results: Results, stage: str) -> float | None:
    done = [results.of(county.size, stage) for county in results.counties]
    return exponent((one.rows, one.seconds) for one in done if one is not None and one.outcome == DONE)


def measure(results: Results, goal: Goal) -> float | None:
    """What a goal asks for, none where it has not been measured."""
    if goal.measure == "exponent":
        return _grows(results, goal.stage)
    one = results.of(goal.size, goal.stage)
    if one is None or one.outcome != DONE:
        return None
    measured = {
        "seconds": one.seconds,
        "cpu_seconds": one.cpu_seconds,
        "peak_gb": one.peak_bytes / GB,
        "times_the_floor": _times(one, results.of(goal.size, FLOOR)),
        "times_the_pipeline": _times(one, results.of(goal.size, "pipeline")),
    }
    if goal.measure not in measured:
        raise ValueError(f"{goal.what}: nobody measures {goal.measure!r}.")
    return measured[goal.measure]


def _times(one: Result, other: Result | None) -> float | None:
    """How many times as long as the other, none where that was not measured."""
    return one.seconds / other.seconds if other is not None and other.outcome == DONE else None


def _row(one: Result) -> str:
    told = f"{one.outcome}: {one.note}" if one.outcome != DONE else one.note
    rows = f"{one.rows:,}" if one.rows else ""
    # of a night only one day's rows are new
    has_pace = one.rows and one.outcome == DONE and not one.stage.startswith("nightly")
    pace = f"{one.rows / one.seconds:,.0f}" if has_pace else ""
    return (
        f"| {one.stage} | {one.seconds:,.2f} | {one.cpu_seconds:,.2f} | {one.peak_bytes / GB:.2f} | {rows} | {pace} "
        f"| {told} |"
    )


def _beside(results: Results, size: str, contenders: Sequence[str]) -> list[str]:
    """The side-by-side table of a size."""
    floor = results.of(size, FLOOR)
    lines = [
        "| way | seconds | times the floor | s of processor | times the floor | peak GB | |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for stage in ("pipeline", *contenders):
        one = results.of(size, stage)
        if one is None:
            lines.append(f"| {stage} | not measured | | | | | |")
        elif one.outcome != DONE:
            lines.append(
                f"| {stage} | {one.outcome} after {one.seconds:,.0f} | | | | {one.peak_bytes / GB:.1f} | {one.note} |"
            )
        else:
            has_floor = floor is not None and floor.outcome == DONE
            times = f"{one.seconds / floor.seconds:.2f}" if has_floor and floor else ""
            cpu_times = f"{one.cpu_seconds / floor.cpu_seconds:.2f}" if has_floor and floor else ""
            lines.append(
                f"| {stage} | {one.seconds:,.1f} | {times} | {one.cpu_seconds:,.1f} | {cpu_times} | "
                f"{one.peak_bytes / GB:.1f} | {one.note} |"
            )
    return lines


def page(
    results: Results, contenders: Sequence[str], goals: Sequence[Goal], missing: Sequence[str], stages: Sequence[str]
) -> str:
    """The whole page.

    contenders: what is set beside the pipeline, the floor first; stages: all, in the order of the tables
    missing:    what this run was to measure and has not
    """
    lines = ["# What it takes", "", "Written by `make bench`; do not edit. Goals and reasons stand in `goals.yml`.", ""]
    if missing:
        lines += [f"**Not complete**: not measured are {', '.join(missing)}.", ""]
    lines += ["## The machine", "", *(f"- {name}: {value}" for name, value in results.machine.items()), ""]
    lines += ["## The sizes", "", "Every county is invented, in the likeness of the state's published figures.", ""]
    lines += ["| size | school years | senders | schools | files | GB | rows | of attendance |"]
    lines += ["|---|--:|--:|--:|--:|--:|--:|--:|"]
    sizes = list(dict.fromkeys(county.size for county in results.counties))
    for county in filter(None, map(results.county, sizes)):
        lines.append(
            f"| {county.size} | {county.years} | {county.senders:,} | {county.schools:,} | {county.files:,} | "
            f"{county.bytes / GB:.2f} | {county.rows:,} | {county.attendance_rows:,} |"
        )
    lines += ["", "## Side by side", ""]
    lines += [
        "The same table, `chronic_absence`, from the same files. The pipeline also checks, rejects, tests and keeps."
    ]
    for size in sizes:
        lines += ["", f"Size {size}:", "", *_beside(results, size, contenders)]
    lines += ["", "## Stage by stage", ""]
    for size in [*sizes, ""]:
        measured = [one for stage in stages if (one := results.of(size, stage)) is not None]
        if measured:
            lines += [f"Size {size}:" if size else "At any size:", "", HEADER, "|---|--:|--:|--:|--:|--:|---|"]
            lines += [*map(_row, measured), ""]
    lines += ["## Growth", "", "Seconds grow with rows to the power of; 1 is in proportion.", ""]
    lines += [f"| stage | {' | '.join(sizes)} | exponent |", f"|---|{'--:|' * len(sizes)}--:|"]
    for stage in ("pipeline", *stages):
        grows = _grows(results, stage)
        if grows is not None:
            each = [results.of(size, stage) for size in sizes]
            told = [f"{one.seconds:,.1f} s" if one and one.outcome == DONE else "" for one in each]
            lines.append(f"| {stage} | {' | '.join(told)} | {grows:.2f} |")
    lines += ["", "## Goals", "", "| goal | asked | measured | met | why not |", "|---|--:|--:|---|---|"]
    for goal in goals:
        found = measure(results, goal)
        met = "not measured" if found is None else "yes" if found <= goal.at_most else "**no**"
        told_found = "" if found is None else f"{found:,.2f}"
        lines.append(f"| {goal.what} | {goal.at_most:,g} | {told_found} | {met} | {goal.reason} |")
    return "\n".join([*lines, ""])
