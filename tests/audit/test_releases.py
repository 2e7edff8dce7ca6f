"""Two releases side by side: what one shows, the other no longer hides, where nothing else has changed."""

from __future__ import annotations

import stat
from pathlib import Path

import duckdb
import pytest

from attendance.settings import Settings
from publishing.audit.explain import explain
from publishing.audit.releases import folder, held_cells, record_release, releases
from tests.audit.conftest import Attacked
from tests.audit.county import BIRCH, COMPANION, SCHOOLS, YEARS, County, safe_county

ELEMENTARY = SCHOOLS[BIRCH][0]
THIS = YEARS[1]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", config=tmp_path, extracts=tmp_path, public=tmp_path)


def _record(county: County, settings: Settings, tmp_path: Path) -> None:
    record_release(settings, county.write(tmp_path / "earlier.duckdb"))


def _other_companion() -> County:
    """As safe, but boys are hidden beside the few, where girls were."""
    county = safe_county()
    for district in SCHOOLS.values():
        for school in district:
            girls = county.row("chronic_absence", school_year=THIS, cds_code=school, reporting_category="GF")
            boys = county.row("chronic_absence", school_year=THIS, cds_code=school, reporting_category="GM")
            county.show(girls)
            county.hide(boys, COMPANION, "chronic_absence")
    return county


def test_another_companion_is_safe_alone_and_a_leak_beside_the_release_before(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    assert attacked(_other_companion()).is_safe
    _record(safe_county(), settings, tmp_path)
    (earlier,) = releases(settings)
    audited = attacked(_other_companion(), (earlier,))
    found = {(finding.cds_code, finding.item, finding.measure): finding for finding in audited.findings}
    assert set(found) == {
        (school, item, measure)
        for schools in SCHOOLS.values()
        for school in schools
        for item in ("GX", "GM")
        for measure in ("eligible", "chronic")
    }
    assert (found[ELEMENTARY, "GX", "eligible"].lower, found[ELEMENTARY, "GX", "eligible"].upper) == (5, 5)
    (line,) = explain(audited.knowledge, audited.attack, found[ELEMENTARY, "GM", "eligible"].cell).equations
    assert line.startswith(f"{earlier} shows it")
    assert any("Female (GF): eligible was hidden in" in line and str(earlier) in line for line in audited.exposed)


def test_the_same_release_again_tells_nothing_new(settings: Settings, attacked: Attacked, tmp_path: Path) -> None:
    _record(safe_county(), settings, tmp_path)
    assert attacked(safe_county(), releases(settings)).is_safe


def test_where_the_total_has_changed_an_earlier_release_tells_nothing(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    earlier = safe_county()
    for row in earlier.rows("chronic_absence", school_year=THIS, entity_level="school"):
        if row["reporting_category"] in {"TA", "RW", "GM", "GR13"}:
            row["eligible_enrollment"] += 1
    _record(earlier, settings, tmp_path)
    assert attacked(_other_companion(), releases(settings)).is_safe


def test_where_a_shown_member_has_changed_the_family_is_taken_to_have_changed(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    earlier, now = safe_county(), safe_county()
    now.show(now.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM"))
    shown = now.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM")
    shown.update(eligible_enrollment=20, chronic_count=9, chronic_rate=45.0)
    other = now.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SE")
    _record(earlier, settings, tmp_path)
    assert attacked(now, releases(settings)).exposed
    other["chronic_count"] += 1
    assert not attacked(now, releases(settings)).exposed


def test_a_release_is_recorded_once_and_for_its_owner_only(settings: Settings, tmp_path: Path) -> None:
    file = safe_county().write(tmp_path / "attendance.duckdb")
    first = record_release(settings, file)
    assert first is not None
    assert record_release(settings, file) is None
    assert releases(settings) == (first,)
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder(settings).stat().st_mode) == 0o700
    assert record_release(settings, _other_companion().write(tmp_path / "attendance.duckdb")) is not None
    assert len(releases(settings)) == 2
    assert [path.name for path in folder(settings).iterdir() if path.name.startswith(".")] == []


def test_a_record_holds_nothing_that_is_hidden(settings: Settings, tmp_path: Path) -> None:
    _record(safe_county(), settings, tmp_path)
    (release,) = releases(settings)
    ((hidden, *told),) = duckdb.sql(
        f"select count(*), count(n), count(c) from '{release.path}' where reason is not null"
    ).fetchall()
    assert hidden > 100
    assert told == [0, 0]


def test_companions_of_the_latest_release_are_held(settings: Settings, tmp_path: Path) -> None:
    assert duckdb.sql(f"select count(*) from '{held_cells(settings)}'").fetchall() == [(0,)]
    _record(safe_county(), settings, tmp_path)
    _record(_other_companion(), settings, tmp_path)
    held = duckdb.sql(
        f"select reporting_category from '{held_cells(settings)}' "
        f"where school_year = '{THIS}' and cds_code = '{ELEMENTARY}' order by 1"
    ).fetchall()
    assert held == [("GM",), ("RA",)]
    assert releases(settings)[-1].path.name != held_cells(settings).name
