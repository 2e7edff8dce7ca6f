"""Two releases side by side: what one shows, the other no longer hides, where nothing else has changed."""

from __future__ import annotations

import copy
import stat
from pathlib import Path

import duckdb
import pytest

from attendance.settings import Settings
from publishing.audit.explain import explain
from publishing.audit.releases import folder, record_release, releases
from publishing.audit.report import mend
from tests.audit import test_leaks as leaks
from tests.audit.conftest import Attacked
from tests.audit.county import BIRCH, COMPANION, COUNTY, SCHOOLS, YEARS, County, safe_county
from tests.audit.test_company import _hide

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
        # what an earlier release showed (GM) is out; what it hid is judged
        for item in ("GX",)
        for measure in ("eligible", "chronic")
    }
    assert (found[ELEMENTARY, "GX", "eligible"].lower, found[ELEMENTARY, "GX", "eligible"].upper) == (5, 5)
    assert audited.beside
    lines = explain(audited.knowledge, audited.beside, found[ELEMENTARY, "GX", "eligible"].cell).equations
    assert any(line.startswith(f"{earlier} shows it, Birch Elementary") for line in lines)
    assert any("Female (GF): eligible was hidden in" in line and str(earlier) in line for line in audited.exposed)


def test_the_same_release_again_tells_nothing_new(settings: Settings, attacked: Attacked, tmp_path: Path) -> None:
    _record(safe_county(), settings, tmp_path)
    assert attacked(safe_county(), releases(settings)).is_safe


def _with_more(students: int, absent: int = 0) -> County:
    """As safe, with so many more students of the largest groups at each school."""
    return _moved(safe_county(), students, absent)


def _moved(county: County, students: int, absent: int = 0) -> County:
    for row in county.rows("chronic_absence", school_year=THIS, entity_level="school"):
        if row["reporting_category"] in {"TA", "RW", "GM", "GR13"} and row["eligible_enrollment"]:
            row["eligible_enrollment"] += students
            row["chronic_count"] += absent
    return county


def test_a_correction_by_one_student_leaves_what_was_hidden_within_one(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    _record(_with_more(1), settings, tmp_path)
    audited = attacked(_other_companion(), releases(settings))
    found = {(finding.cds_code, finding.item, finding.measure): finding for finding in audited.findings}
    # three to five by the school's own sum, and as many as it can be by the district's
    told = found[ELEMENTARY, "GX", "eligible"]
    assert 3 <= told.lower <= told.upper == 5
    assert any(
        "Female (GF): eligible was hidden" in line and "changed by 1 at most" in line for line in audited.exposed
    )


@pytest.mark.parametrize(("students", "absent"), [(3, 0), (3, 3), (40, 9), (-25, 1)])
def test_where_a_place_has_moved_further_an_earlier_release_tells_nothing(
    settings: Settings, attacked: Attacked, tmp_path: Path, students: int, absent: int
) -> None:
    _record(_with_more(students, absent), settings, tmp_path)
    audited = attacked(_other_companion(), releases(settings))
    assert audited.is_safe, "\n".join(audited.lines())


def test_a_chronic_count_that_has_changed_says_nothing_of_head_counts(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    earlier = safe_county()
    for row in earlier.rows("chronic_absence", school_year=THIS, entity_level="school", reporting_category="TA"):
        row["chronic_count"] -= 1
    _record(earlier, settings, tmp_path)
    audited = attacked(_other_companion(), releases(settings))
    (found,) = (
        finding
        for finding in audited.findings
        if (finding.cds_code, finding.item, finding.measure) == (ELEMENTARY, "GX", "eligible")
    )
    assert (found.lower, found.upper) == (5, 5)


def test_where_a_shown_member_has_changed_the_family_is_taken_to_have_changed(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    earlier, now = safe_county(), safe_county()
    now.show(now.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM"))
    shown = now.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM")
    shown.update(eligible_enrollment=12, chronic_count=9, chronic_rate=75.0)
    other = now.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SE")
    _record(earlier, settings, tmp_path)
    assert attacked(now, releases(settings)).exposed
    other["eligible_enrollment"] += 3
    assert not attacked(now, releases(settings)).exposed


def test_a_group_that_has_outgrown_its_label_by_more_was_another_group(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    now = safe_county()
    now.show(now.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM"))
    shown = now.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM")
    shown.update(eligible_enrollment=13, chronic_count=9, chronic_rate=69.2)
    _record(safe_county(), settings, tmp_path)
    assert attacked(now, releases(settings)).exposed == ()


def test_what_a_release_has_shown_may_be_hidden_later_and_stops_nothing(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    earlier, now = safe_county(), safe_county()
    # eleven migrant students, of whom some have left
    row = earlier.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM")
    row.update(eligible_enrollment=11, chronic_count=4, chronic_rate=36.4, suppression_reason=None)
    _record(earlier, settings, tmp_path)
    audited = attacked(now, releases(settings))
    assert len(audited.knowledge.told) == 2
    assert audited.is_safe, "\n".join(audited.lines())


def test_what_a_release_has_shown_must_be_hidden_well_enough_in_the_next(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    earlier, now = safe_county(), safe_county()
    earlier.show(earlier.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="RI"))
    leaks._one_race_alone(now)
    _record(earlier, settings, tmp_path)
    audited = attacked(now, releases(settings))
    assert (THIS, ELEMENTARY, "RI") in {(one.school_year, one.cds_code, one.item) for one in audited.findings}


def test_an_earlier_figure_that_cannot_be_any_more_is_dropped_and_stops_nothing(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    earlier, now = _other_companion(), _other_companion()
    for row in earlier.rows("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="GM"):
        row.update(eligible_enrollment=170, chronic_count=90, suppression_reason=None)
    _record(earlier, settings, tmp_path)
    audited = attacked(now, releases(settings))
    assert audited.beside
    assert len(audited.beside.dropped)
    assert audited.is_safe, "\n".join(audited.lines())


def test_what_an_earlier_release_gives_away_is_mended_by_hiding_the_same_again(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    _record(_with_more(1, 1), settings, tmp_path)
    county = _other_companion()
    audited = attacked(county, releases(settings))
    for _ in range(2):
        named = mend(tmp_path / "attendance.duckdb", audited, releases(settings))
        for one in named:
            _hide(county, one)
        audited = attacked(county, releases(settings))
    assert {(one.part, one.topic) for one in named} <= {("GF", "group")}
    assert audited.is_safe, "\n".join(audited.lines())


def test_what_an_earlier_release_tells_is_known_still_unless_its_family_has_moved(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    _record(safe_county(), settings, tmp_path)
    for more, known in ((0, ["RB", "RW"]), (2, ["RB", "RW"]), (3, [])):
        audited = attacked(_with_more(more, 0), releases(settings))
        assert audited.knowledge.connection.execute(
            "select distinct item from still_known inner join figures using (f) where school_year = ? and cds_code = ? "
            "and topic = 'category' and item in ('RB', 'RI', 'RW') and m = 0 order by item",
            [THIS, ELEMENTARY],
        ).fetchall() == [(item,) for item in known]


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


def test_a_release_before_a_place_moved_on_tells_nothing_when_it_is_nearly_where_it_was(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    now = _other_companion()
    _record(_with_more(1), settings, tmp_path)
    assert not attacked(now, releases(settings)).is_safe
    moved = _moved(_other_companion(), 4)
    _record(moved, settings, tmp_path)
    audited = attacked(now, releases(settings))
    assert audited.is_safe, "\n".join(audited.lines())


def test_where_as_many_came_as_went_in_between_a_family_is_compared_only_if_it_is_as_it_was(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    earlier, now = safe_county(), safe_county()
    shown = now.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SM")
    now.show(shown)
    shown.update(eligible_enrollment=12, chronic_count=9, chronic_rate=75.0)
    earlier.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SE")[
        "eligible_enrollment"
    ] -= 1
    _record(earlier, settings, tmp_path)
    assert attacked(now, releases(settings)).exposed
    _record(_moved(copy.deepcopy(now), 40), settings, tmp_path)
    assert not attacked(now, releases(settings)).exposed


def test_a_release_is_compared_again_when_all_is_as_it_was_then(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    """A file that is sent wrong and then sent again, say."""
    _record(safe_county(), settings, tmp_path)
    _record(_moved(_other_companion(), 40), settings, tmp_path)
    audited = attacked(_other_companion(), releases(settings))
    assert {(one.cds_code, one.item) for one in audited.findings} == {
        (school, "GX") for schools in SCHOOLS.values() for school in schools
    }


def test_what_an_earlier_release_hid_of_a_whole_is_hidden_again(
    settings: Settings, attacked: Attacked, tmp_path: Path
) -> None:
    _record(safe_county(), settings, tmp_path)
    county = safe_county()
    for school in SCHOOLS[BIRCH][1:]:
        county.show(county.row("chronic_absence", school_year=THIS, cds_code=school, reporting_category="GRTK8"))
    for row in county.rows("chronic_absence_by_grade", school_year=THIS, cds_code=COUNTY, grade="09"):
        county.show(row)
    audited = attacked(county, releases(settings))
    named = mend(tmp_path / "attendance.duckdb", audited, releases(settings))
    assert {(one.entity_level, one.topic, one.part) for one in named} >= {
        ("school", "group", "GRTK8"),
        ("county", "grade", "09"),
    }
