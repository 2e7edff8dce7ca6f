"""What is kept of a run, and the page that is written of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import results as told
from benchmarks.measuring import DONE, OUT_OF_MEMORY
from benchmarks.results import County, Goal, Result, Results

MACHINE = {"cores": "2", "duckdb": "2.0.0"}
WAYS = ("floor", "pandas_way")
STAGES = ("load", "build", *WAYS)


def county(size: str, rows: int) -> County:
    return County(
        size=size, years=2, senders=3, schools=4, files=5, bytes=6_000_000_000, rows=rows, attendance_rows=rows // 2
    )


def result(size: str, stage: str, seconds: float, rows: int = 1_000, *, outcome: str = DONE, note: str = "") -> Result:
    return Result(
        size=size,
        stage=stage,
        outcome=outcome,
        seconds=seconds,
        cpu_seconds=2 * seconds,
        peak_bytes=3_000_000_000,
        rows=rows,
        note=note,
        at="2026-01-01T00:00:00+00:00",
    )


RESULTS = Results(
    MACHINE,
    (county("small", 1_000), county("big", 10_000)),
    (
        result("small", "floor", 2),
        result("small", "load", 8),
        result("small", "build", 4),
        result("big", "floor", 20, 10_000),
        result("big", "load", 80, 10_000),
        result("big", "build", 400, 10_000),
        result("small", "pandas_way", 30, note="equals the mart"),
        result("big", "pandas_way", 70, 10_000, outcome=OUT_OF_MEMORY, note="stopped at 20 GB"),
    ),
)


def page(*goals: Goal, missing: tuple[str, ...] = ()) -> str:
    return told.page(RESULTS, WAYS, goals, missing, STAGES)


def test_what_was_measured_is_read_again_as_it_was_written(tmp_path: Path) -> None:
    told.write(tmp_path / "results.jsonl", RESULTS)
    assert told.read(tmp_path / "results.jsonl", MACHINE) == RESULTS


def test_what_another_machine_or_version_measured_is_not_mixed_in(tmp_path: Path) -> None:
    told.write(tmp_path / "results.jsonl", RESULTS)
    assert told.read(tmp_path / "results.jsonl", {**MACHINE, "duckdb": "2.1.0"}).results == ()


def test_the_latest_of_a_stage_counts() -> None:
    again = Results(MACHINE, RESULTS.counties, (*RESULTS.results, result("small", "floor", 1)))
    latest = again.of("small", "floor")
    assert latest is not None
    assert latest.seconds == 1


def test_seconds_that_grow_with_the_square_of_the_rows_have_the_exponent_two() -> None:
    assert told.exponent([(10, 1), (100, 100), (1_000, 10_000)]) == pytest.approx(2)
    assert told.exponent([(10, 1), (10, 2)]) is None


def test_the_pipeline_is_its_load_and_its_build_beside_the_floor() -> None:
    assert "| pipeline | 12.0 | 6.00 | 24.0 | 6.00 | 3.0 | load and build |" in page()
    assert "| pandas_way | 30.0 | 15.00 | 60.0 | 15.00 | 3.0 | equals the mart |" in page()


def test_a_way_that_ran_out_of_memory_says_so_and_has_no_ratio() -> None:
    assert "| pandas_way | out of memory after 70 | | | | 3.0 | stopped at 20 GB |" in page()


def test_growth_is_told_for_stages_of_two_sizes_or_more() -> None:
    assert "| load | 8.0 s | 80.0 s | 1.00 |" in page()
    assert "| build | 4.0 s | 400.0 s | 2.00 |" in page()
    assert "| pandas_way | 30.0 s |" not in page()


def test_a_goal_is_met_or_not_or_not_measured_and_says_why() -> None:
    told_goals = page(
        Goal("loads in ten seconds", "load", "small", "seconds", 10),
        Goal("builds in three", "build", "small", "seconds", 3, "the tests take two of them"),
        Goal("pandas at full size", "pandas_way", "big", "seconds", 100),
        Goal("no more than ten floors", "pipeline", "small", "times_the_floor", 10),
        Goal("builds in proportion", "build", "", "exponent", 1.1),
    )
    assert "| loads in ten seconds | 10 | 8.00 | yes |  |" in told_goals
    assert "| builds in three | 3 | 4.00 | **no** | the tests take two of them |" in told_goals
    assert "| pandas at full size | 100 |  | not measured |  |" in told_goals
    assert "| no more than ten floors | 10 | 6.00 | yes |  |" in told_goals
    assert "| builds in proportion | 1.1 | 2.00 | **no** |  |" in told_goals


def test_a_page_of_an_interrupted_run_says_what_is_missing() -> None:
    assert "**Not complete**: not measured are floor at big." in page(missing=("floor at big",))
    assert "Not complete" not in page()
