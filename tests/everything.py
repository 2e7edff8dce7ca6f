"""Run every check in turn, the quick ones first, and say how long each took. Behind `make test`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
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


CHECKS = (
    Check("ruff, style", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
    Check("ruff, faults", (str(BIN / "ruff"), "check", "--quiet", ".")),
    Check("import rules between rooms", (str(BIN / "lint-imports"), "--no-cache")),
    Check("types", (str(BIN / "mypy"),)),
    Check("sqlfluff", (str(BIN / "sqlfluff"), "lint", "--disable-progress-bar", *SQL)),
    Check("sqlfluff, as Spark reads it", (sys.executable, "-m", "tests.lint_spark")),
    # two at a time; what a room builds once for all of its tests stays in one of them (tests/conftest.py)
    Check("pytest", (sys.executable, "-m", "pytest", "-n", "2"), reads_code_only=False),
)


def environment(scratch: Path) -> dict[str, str]:
    """A home of its own for the linters' dbt, so that no check touches what ``make run`` made."""
    home = scratch / "home"
    settings = Settings(home=home, config=PROJECT / "config", extracts=home / "extracts", public=home / "public")
    settings.building.parent.mkdir(parents=True, exist_ok=True)
    return {**os.environ, **dbt_environment(settings)}


def run(checks: Sequence[Check], more: Sequence[str]) -> int:
    """Run the checks in order; stops at the first that fails and returns its exit code."""
    with tempfile.TemporaryDirectory(prefix="attendance-checks-") as scratch:
        linting = environment(Path(scratch))
        for check in checks:
            started = time.monotonic()
            print(f"── {check.name}", flush=True)
            # tests choose their own homes; only the linters get this one
            chosen = linting if check.reads_code_only else {**os.environ}
            code = subprocess.run([*check.command, *more], cwd=PROJECT, env=chosen, check=False).returncode
            if code:
                print(f"── {check.name} FAILED after {time.monotonic() - started:.0f} s", flush=True)
                return code
            if check.reads_code_only:
                print(f"   passed in {time.monotonic() - started:.0f} s", flush=True)
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
