"""Planted truths over many counties: ``make truths``, or ``python -m tests.truths.seeds [SEED…] [--only CHECK]``.

Each seed is another county of ten thousand students and one school year, in which every district with a student
information system offers interventions, reviews attendance and certifies its days; it is written as its districts would
send it, loaded, and made into the marts that the checks read. A check may ask for other counties (``Size``). What each
county answered is kept in ``var/truths/<fingerprint>.jsonl``, a line a seed and check, so that a run goes on where an
earlier one ended; another model, seed file or simulation is another fingerprint. Prints the table of what was planted,
found, missed and wrongly found; ends with 1 where something does not pass. No student is told.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from attendance.settings import PROJECT, Settings, read_settings
from ingestion.load import load_landed
from ingestion.pull import pull_new_files
from ingestion.reference import prepare_lake, write_reference
from ingestion.registry import Delivery, Lea, Registry, read_registry
from simulation.county import simulate
from simulation.places import SYSTEMS
from tests.oracle.warehouse import Compiled, compile_marts, marts_of
from tests.truths.checks import Asked, Check, Row, Size, report
from tests.truths.registry import CHECKS

SEEDS = tuple(range(1, 51))
AT_A_TIME = 2
# What a county's answer hangs on, beside the compiled models.
CODE = ("simulation", "seeds", "tests/truths", "ingestion/contracts")


class TruthsError(RuntimeError):
    """A county could not be asked: what it sent was refused."""


def _offering(lea: Lea) -> Lea:
    """The district, sending its student information system, a log of interventions and what it certifies."""
    sends = {source: delivery for source, delivery in lea.sends.items() if source in SYSTEMS}
    if sends:
        sends["interventions"] = Delivery(folder=f"{lea.code}/interventions")
        sends["calpads"] = lea.sends["calpads"]
    return lea.model_copy(update={"sends": sends})


def offering(registry: Registry) -> Registry:
    """The project's registry, but every district with a student information system offers interventions."""
    county = registry.county.model_copy(update={"sends": {}})
    return registry.model_copy(update={"leas": tuple(map(_offering, registry.leas)), "county": county})


def _load(settings: Settings, registry: Registry, kinds: Sequence[str]) -> None:
    for kind in kinds:
        for sender in registry.sending(kind):
            waiting = pull_new_files(settings, registry, sender.code, kind)
            for record in load_landed(settings, registry, waiting):
                if record.outcome != "loaded":
                    raise TruthsError(f"{record.source} of {record.sender}: {record.outcome}")
    prepare_lake(settings)
    write_reference(settings, registry)


def ask(seed: int, compiled: Compiled, checks: Sequence[Check], size: Size) -> list[Row]:
    """Simulate, load, build and ask, in a home of its own that is removed; a row per check."""
    started = time.monotonic()
    registry = offering(read_registry(PROJECT / "config"))
    with tempfile.TemporaryDirectory(prefix=f"truths-{seed}-") as folder:
        root = Path(folder)
        settings = Settings(
            home=root / "home", config=root / "config", extracts=root / "extracts", public=root / "public"
        )
        truth = root / "truth" / "days.parquet"
        simulate(
            registry,
            settings.extracts,
            seed=seed,
            school_years=size.school_years,
            truth=truth,
            students=size.students,
            with_ladder=True,
        )
        _load(settings, registry, size.kinds)
        with marts_of(compiled, settings.lake) as marts:
            county = Asked(seed, settings.extracts, truth, marts)
            answers = {check.name: check.ask(county) for check in checks}
    seconds = round(time.monotonic() - started, 1)
    return [{"seed": seed, "check": name, "seconds": seconds, "rows": rows} for name, rows in answers.items()]


def fingerprint(compiled: Compiled) -> str:
    """What the answers of a county hang on, in a few letters."""
    told = hashlib.sha256()
    for model in compiled.models:
        told.update(model.statement.replace(str(compiled.lake), "").encode())
    for room in CODE:
        for path in sorted((PROJECT / room).rglob("*")):
            if path.suffix in {".py", ".csv", ".yml"}:
                told.update(path.read_bytes())
    return told.hexdigest()[:12]


def kept(path: Path) -> list[Row]:
    """What earlier runs were answered; a line that was cut off when a run was stopped is left out."""
    answers = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            answers.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return answers


def missing(answers: Iterable[Row], seeds: Sequence[int], checks: Sequence[Check]) -> list[int]:
    """Seeds of which some check has no answer yet."""
    known = {(answer["seed"], answer["check"]) for answer in answers}
    return [
        seed for seed in seeds if any((seed, check.name) not in known and seed <= check.size.seeds for check in checks)
    ]


def told(answers: Iterable[Row], seeds: Sequence[int], checks: Sequence[Check]) -> tuple[str, bool]:
    """The table, and whether everything in it passes."""
    found = []
    by_key = {(answer["seed"], answer["check"]): answer for answer in answers}
    for check in checks:
        rows = [
            {"seed": seed, **row}
            for seed in seeds
            if (seed, check.name) in by_key
            for row in by_key[seed, check.name]["rows"]
        ]
        found += check.tell(rows)
    return report(found), all(finding.passes for finding in found)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.truths.seeds", description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, help=f"seeds to ask, {SEEDS[0]} to {SEEDS[-1]} if none is named")
    parser.add_argument("--first", type=int, help="so many seeds, from 1 on")
    parser.add_argument("--only", choices=[check.name for check in CHECKS], help="one check alone")
    parser.add_argument("--at-a-time", type=int, default=AT_A_TIME, help="counties side by side")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Ask what is not known yet, print the table; returns 1 where something does not pass."""
    asked = _arguments(words)
    seeds = asked.seeds or list(range(1, asked.first + 1) if asked.first else SEEDS)
    checks = [check for check in CHECKS if asked.only in {None, check.name}]
    # each home makes a key of its own
    os.environ.pop("ATTENDANCE_SECRET", None)
    with tempfile.TemporaryDirectory(prefix="truths-") as folder:
        marts = sorted({mart for check in checks for mart in check.marts})
        compiled = compile_marts(Path(folder), read_registry(PROJECT / "config"), marts)
        path = read_settings().home / "truths" / f"{fingerprint(compiled)}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(asked.at_a_time) as processes, path.open("a", encoding="utf-8") as out:
            for size in dict.fromkeys(check.size for check in checks):
                mine = [check for check in checks if check.size == size]
                wanted = missing(kept(path), seeds, mine)
                for answers in processes.map(partial(ask, compiled=compiled, checks=mine, size=size), wanted):
                    for answer in answers:
                        out.write(json.dumps(answer) + "\n")
                    out.flush()
                    print(f"seed {answers[0]['seed']:>3}  {answers[0]['seconds']} s", file=sys.stderr, flush=True)
    table, passes = told(kept(path), seeds, checks)
    print(f"{len(seeds)} counties\n{table}")
    return 0 if passes else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
