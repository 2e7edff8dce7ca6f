"""Run every check, what reads code first, and say how long each took. Behind `make test`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from attendance.dbt import dbt_environment
from attendance.settings import PROJECT, Settings

BIN = Path(sys.executable).parent
SQL = ("dbt_project/models", "dbt_project/tests")


@dataclass(frozen=True)
class Check:
    """One command, what it checks, and whether it only reads code."""

    name: str
    command: tuple[str, ...]
    reads_code_only: bool = True


# the longest first: two run beside each other
CHECKS = (
    Check("sqlfluff", (str(BIN / "sqlfluff"), "lint", "--disable-progress-bar", *SQL)),
    Check("sqlfluff, as Spark reads it", (sys.executable, "-m", "tests.lint_spark")),
    Check("types", (str(BIN / "mypy"),)),
    Check("ruff, style", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
    Check("ruff, faults", (str(BIN / "ruff"), "check", "--quiet", ".")),
    Check("import rules between rooms", (str(BIN / "lint-imports"), "--no-cache")),
    # two at a time; what a room builds once for all of its tests stays in one of them (tests/conftest.py)
    Check("pytest", (sys.executable, "-m", "pytest", "-n", "2"), reads_code_only=False),
)


def environment(scratch: Path) -> dict[str, str]:
    """A home of its own for the linters' dbt, so that no check touches what ``make run`` made."""
    home = scratch / "home"
    settings = Settings(home=home, config=PROJECT / "config", extracts=home / "extracts", public=home / "public")
    settings.building.parent.mkdir(parents=True, exist_ok=True)
    return {**os.environ, **dbt_environment(settings)}


def _ended(check: Check, more: Sequence[str], chosen: Mapping[str, str], *, aloud: bool) -> int:
    """Run one check and say how long it took; a quiet one says what it has to say once it has ended."""
    started = time.monotonic()
    out = None if aloud else subprocess.PIPE
    done = subprocess.run(
        [*check.command, *more], cwd=PROJECT, env=chosen, check=False, stdout=out, stderr=subprocess.STDOUT, text=True
    )
    told = "FAILED after" if done.returncode else "passed in"
    print(f"{done.stdout or ''}── {check.name} {told} {time.monotonic() - started:.0f} s", flush=True)
    return done.returncode


def run(checks: Sequence[Check], more: Sequence[str]) -> int:
    """Run what reads code two at a time, and what runs it only if nothing was found; returns an exit code."""
    with tempfile.TemporaryDirectory(prefix="attendance-checks-") as scratch, ThreadPoolExecutor(2) as pool:
        linting = environment(Path(scratch))
        reading = [check for check in checks if check.reads_code_only]
        codes = list(pool.map(lambda check: _ended(check, more, linting, aloud=False), reading))
        if any(codes):
            found = ", ".join(check.name for check, code in zip(reading, codes, strict=True) if code)
            print(f"── stopped before the tests: something was found by {found}", flush=True)
            return max(codes)
        for check in checks:
            if not check.reads_code_only:
                print(f"── {check.name}", flush=True)
                # tests choose their own homes; only the linters get this one
                if code := _ended(check, more, os.environ, aloud=True):
                    return code
    return 0


def main(arguments: Sequence[str]) -> int:
    """``lint``: only what reads code. ``sql``: sqlfluff alone. ``fix-sql``: let it mend. Else everything."""
    if arguments and arguments[0] == "lint":
        return run([check for check in CHECKS if check.reads_code_only], [])
    if arguments and arguments[0] == "sql":
        return run([check for check in CHECKS if check.name == "sqlfluff"], [])
    if arguments and arguments[0] == "fix-sql":
        return run([Check("sqlfluff", (str(BIN / "sqlfluff"), "fix", "--disable-progress-bar", *SQL))], [])
    return run(CHECKS, [])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
