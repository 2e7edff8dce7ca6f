"""Does sqlfluff take what dbt compiles for Spark as Spark's SQL? ``python -m tests.lint_spark``; behind ``make lint``.

Nothing is connected to: dbt compiles without asking a server. Without the extra there is nothing to compile with, and
the check says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from attendance.settings import PROJECT, SPARK

BIN = Path(sys.executable).parent
COMPILE = ("--quiet", "compile", "--no-introspect", "--no-populate-cache")
SELECTED = ("resource_type:model", "test_type:singular")


def main() -> int:
    """Compile and lint; returns sqlfluff's exit code, or dbt's where it cannot compile."""
    if find_spec("dbt.adapters.spark") is None:
        print("   skipped: the extra that builds on Spark is not installed (make setup-spark)")
        return 0
    with tempfile.TemporaryDirectory(prefix="attendance-lint-spark-") as scratch:
        environment = {**os.environ, "ATTENDANCE_TARGET": SPARK, "DBT_TARGET_PATH": scratch}
        compiled = subprocess.run(
            [str(BIN / "dbt"), *COMPILE, "--select", *SELECTED], cwd=PROJECT, env=environment, check=False
        )
        if compiled.returncode:
            return compiled.returncode
        # what is left out where models are read for DuckDB
        shutil.copy(PROJECT / ".sqlfluffignore", scratch)
        config = str(PROJECT / "tests" / "sqlfluff_spark.cfg")
        lint = ["lint", "--disable-progress-bar", "--ignore-local-config", "--config", config]
        return subprocess.run(
            [str(BIN / "sqlfluff"), *lint, f"{scratch}/compiled"], cwd=PROJECT, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
