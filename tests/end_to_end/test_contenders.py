"""What the benchmark sets beside the pipeline computes the pipeline's own table: each contender equals the mart."""

from __future__ import annotations

import importlib
from pathlib import Path

import duckdb
import pytest

from benchmarks.contenders import CONTENDERS
from benchmarks.county import COLUMNS, OF_THE_STATE
from tests.end_to_end.conftest import County


@pytest.mark.parametrize("name", CONTENDERS)
def test_a_contender_of_the_benchmark_equals_the_mart_cell_by_cell(name: str, county: County, tmp_path: Path) -> None:
    target = tmp_path / "table.parquet"
    contender = importlib.import_module(f"benchmarks.contenders.{name}")
    contender.count(county.settings.config, county.settings.extracts, (), target)
    with duckdb.connect(county.settings.warehouse, read_only=True) as warehouse:
        ours = f"select {COLUMNS} from marts.chronic_absence where {OF_THE_STATE} order by all"
        mart = warehouse.execute(ours).fetchall()
        counted = warehouse.execute(f"select {COLUMNS} from '{target}' order by all").fetchall()
    assert len(mart) > 1_000
    assert counted == mart
