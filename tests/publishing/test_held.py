"""What one release hid, as the next build is told of it."""

from __future__ import annotations

import stat
from pathlib import Path

import duckdb
import pytest

from attendance.settings import Settings
from publishing.audit.releases import record_release, releases
from publishing.held import held_cells, hold_cells
from tests.audit.county import BIRCH, SCHOOLS, YEARS, County, safe_county

ELEMENTARY = SCHOOLS[BIRCH][0]
THIS = YEARS[1]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", config=tmp_path, extracts=tmp_path, public=tmp_path)


def _release(settings: Settings, county: County, tmp_path: Path) -> None:
    file = county.write(tmp_path / "attendance.duckdb")
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create schema marts; create table marts.chronic_absence as "
            "select * replace (200 as eligible_enrollment, 70 as chronic_count) from open_data.chronic_absence"
        )
    record_release(settings, file)
    hold_cells(settings, file)


def _held(settings: Settings) -> list[tuple[object, ...]]:
    path = held_cells(settings)
    assert path is not None
    return duckdb.sql(
        "select topic, part, hides_students, students_of_all, chronic_of_all from read_parquet($file) "
        "where school_year = $year and cds_code = $school order by all",
        params={"file": str(path), "year": THIS, "school": ELEMENTARY},
    ).fetchall()


def test_what_is_released_is_kept_for_the_next_build_with_how_many_each_place_had(
    settings: Settings, tmp_path: Path
) -> None:
    assert held_cells(settings) is None
    county = safe_county()
    hispanic = county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="RH")
    hispanic.update(chronic_count=None, chronic_rate=None, suppression_reason="all_or_none")
    _release(settings, county, tmp_path)
    groups = [("group", part, part != "RH", 200, 70) for part in ("GF", "GX", "RA", "RH", "RI", "SM")]
    assert _held(settings) == [("dashboard", "AI", True, 200, 70), ("dashboard", "AS", True, 200, 70), *groups]
    path = held_cells(settings)
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [release.path for release in releases(settings)] == sorted(path.parent.glob("release-*"))


def test_of_two_releases_the_later_one_is_kept(settings: Settings, tmp_path: Path) -> None:
    _release(settings, safe_county(), tmp_path)
    county = safe_county()
    county.show(county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM"))
    before = _held(settings)
    _release(settings, county, tmp_path)
    assert set(before) - set(_held(settings)) == {("group", "SM", True, 200, 70)}
