"""The table of both engines: ratios and growth are of what was measured, and a failure is shown as one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import spark
from benchmarks.spark import Run, growth, lines, write

RUNS = [
    Run("1", "DuckDB", "done", 100, 5 * 10**9, tables=28, equal=28),
    Run("0.1", "DuckDB", "done", 20, 10**9, tables=28, equal=28),
    Run(
        "0.1", "Spark, 1 worker", "done", 200, 8 * 10**9, task_seconds=150, shuffle_bytes=8 * 10**8, tables=28, equal=28
    ),
    Run("1", "Spark, 1 worker", "done", 800, 9 * 10**9, task_seconds=700, shuffle_bytes=8 * 10**9, tables=28, equal=27),
    Run("1", "Spark, 2 workers", "failed", 30, 9 * 10**9),
]


def test_growth_is_the_power_of_the_size_by_which_the_seconds_grew() -> None:
    assert growth(RUNS, RUNS[0]) == pytest.approx(0.699, abs=1e-3)
    assert growth(RUNS, RUNS[3]) == pytest.approx(0.602, abs=1e-3)
    assert growth(RUNS, RUNS[1]) is None


def test_each_engine_stands_beside_duckdb_at_its_own_size() -> None:
    rows = [line.strip("| ").split(" | ") for line in lines(RUNS)][2:]
    assert [row[:4] for row in rows] == [
        ["0.1", "DuckDB", "20", "1.0"],
        ["0.1", "Spark, 1 worker", "200", "10.0"],
        ["1", "DuckDB", "100", "1.0"],
        ["1", "Spark, 1 worker", "800", "8.0"],
        ["1", "Spark, 2 workers", "failed", "0.3"],
    ]
    assert rows[3][-1] == "27 of 28"


def test_what_was_measured_before_is_kept_beside_what_is_new(tmp_path: Path) -> None:
    write(tmp_path, RUNS)
    kept = [Run(**json.loads(line)) for line in (tmp_path / "spark.jsonl").read_text().splitlines()]
    assert kept == RUNS
    assert "make bench-spark" in (tmp_path / "spark.md").read_text()


def test_one_worker_and_two_are_set_beside_duckdb() -> None:
    assert [command[1:2] for command in spark.ENGINES.values()] == [(), ("1",), ("2",)]
    assert spark.SIZES == "0.1,0.3,1"
