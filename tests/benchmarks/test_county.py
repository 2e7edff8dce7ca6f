"""The parts of ``make bench`` that need no county at work: sizes, one day changed, and the comparison with the mart."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from attendance.settings import PROJECT, Settings
from benchmarks import county as bench
from benchmarks.county import (
    STAGES,
    Place,
    Size,
    cells_that_differ,
    measure_county,
    measure_size,
    measure_stage,
    one_day_changed,
    read_goals,
)
from benchmarks.measuring import DONE, Measured

REGISTRY = """
code: "9999001"
name: One
sends: {aeries: {folder: "9999001/aeries/{school_year}"}, calpads: {folder: "9999001/calpads"}}
schools: [{code: "9999101", number: 1, name: One, level: Elementary}]
"""
SEPTEMBER = "SC,SN,DT\n1,1,2023-09-01\n"
OCTOBER = "SC,SN,DT\n1,1,2023-10-02\n1,1,2023-10-31\n1,2,2023-10-30\n1,2,2023-10-31\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One sender with two months of attendance and a record of CALPADS."""
    settings = Settings(
        home=tmp_path / "home", config=tmp_path / "config", extracts=tmp_path / "extracts", public=tmp_path / "public"
    )
    folder = settings.extracts / "9999001"
    for path, text in {
        settings.config / "leas" / "one.yml": REGISTRY,
        folder / "aeries" / "2023-24" / "ATT_202309_20231003.csv": SEPTEMBER,
        folder / "aeries" / "2023-24" / "ATT_202310_20231103.csv": OCTOBER,
        folder / "calpads" / "2023-24_SENR_20240628.txt": "SENR^^E1\r\n",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return settings


def test_the_last_day_of_the_latest_month_is_taken_out_and_put_back(settings: Settings) -> None:
    with one_day_changed(settings) as path:
        assert path.name == "ATT_202310_20231103.csv"
        assert path.read_text(encoding="utf-8") == "SC,SN,DT\n1,1,2023-10-02\n1,2,2023-10-30\n"
    assert path.read_text(encoding="utf-8") == OCTOBER


def test_a_county_is_measured_by_its_rows_without_headers(settings: Settings) -> None:
    county = measure_county("one", settings)
    assert (county.senders, county.schools, county.files, county.years) == (1, 1, 3, 1)
    assert (county.rows, county.attendance_rows) == (6, 5)


def test_a_size_is_a_share_and_its_school_years() -> None:
    assert Size.of("0.3") == Size("0.3", 0.3, 1)
    assert Size.of("1x5") == Size("1x5", 1.0, 5)


def test_a_county_of_several_years_is_loaded_and_built_and_has_no_nights(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = Measured(DONE, 1.0, 1.0, 1, "")
    monkeypatch.setattr(bench, "measure_stage", lambda *_: (measured, ""))
    monkeypatch.setattr(bench, "measure_nights", lambda _, stages: ((stage, measured, "") for stage in stages))
    place = Place(settings.home, settings.public)
    ran = {years: [stage for stage, *_ in measure_size(Size("", 1, years), place, STAGES, 1)] for years in (1, 3)}
    assert ran[3] == ["load", "build", "floor"]
    assert ran[1] == [stage for stage in STAGES if stage not in ("simulate", *bench.AT_ANY_SIZE)]


def test_every_cell_that_differs_from_the_mart_is_found(tmp_path: Path) -> None:
    columns = "school_year, entity_level, cds_code, reporting_category, eligible_enrollment, chronic_count"
    with duckdb.connect(tmp_path / "mart.duckdb") as mart:
        mart.execute("create schema marts")
        mart.execute(
            f"create table marts.chronic_absence as select * from (values ('2023-24', 'school', '1', 'TA', 10, 1), "
            f"('2023-24', 'school', '2', 'TA', null, null)) as rows ({columns})"
        )
        mart.execute(f"copy marts.chronic_absence to '{tmp_path}/same.parquet'")
        mart.execute(
            f"copy (select * replace (coalesce(chronic_count, 0) as chronic_count) from marts.chronic_absence) "
            f"to '{tmp_path}/other.parquet'"
        )
    assert cells_that_differ(tmp_path / "mart.duckdb", tmp_path / "same.parquet") == 0
    assert cells_that_differ(tmp_path / "mart.duckdb", tmp_path / "other.parquet") == 2


def test_an_unknown_stage_is_refused_with_the_known_ones(settings: Settings) -> None:
    with pytest.raises(ValueError, match="pandas_way"):
        measure_stage("panda", Place(settings.home, settings.public))


def test_every_goal_is_of_a_stage_that_is_measured() -> None:
    goals = read_goals(PROJECT / "benchmarks" / "goals.yml")
    assert goals
    assert {goal.stage for goal in goals} <= {"pipeline", "nightly", "dags", *STAGES}


def test_the_pipeline_loads_as_many_senders_at_a_time_as_it_chooses(settings: Settings) -> None:
    assert "ATTENDANCE_SENDERS" not in Place(settings.home, settings.public).environment()
