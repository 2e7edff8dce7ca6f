"""What a missing row says: nobody is there, but where a group around it is too small to have parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from publishing.audit.explain import explain
from publishing.audit.report import Audit, audit
from tests.audit.county import BIRCH, CEDAR, COUNTY, SCHOOLS, SMALL, THRESHOLDS, County, safe_county

SCHOOL, OTHER, _ = SCHOOLS[BIRCH]
MEASURED = 60
YEAR = "2023-24"
# table, code, part, head-count, chronic count (None where hidden), reason
Row = tuple[str, str, str, int | None, int | None, str | None]
Published = Callable[..., Audit]
_KEYS = {
    "chronic_absence": ("reporting_category", "eligible_enrollment"),
    "chronic_absence_by_grade": ("grade", "eligible_enrollment"),
    "accountability": ("student_group", "students"),
    "intervention_outcomes": ("type_code", "students"),
    # of whom all had it and were measured: those set beside others, and the others
    "intervention_outcomes, compared": ("type_code", "students_measured"),
    "school_climate": ("grade", "respondents"),
}
_SPANS = {"01": "GR13", "07": "GR78", "08": "GR78", "09": "GR912"}


def _level(code: str) -> str:
    return "county" if code == COUNTY else "district" if code in SCHOOLS else "school"


def _row(row: Row) -> dict[str, Any]:
    table, code, part, n, c, reason = row
    key, count = _KEYS[table]
    made: dict[str, Any] = {"school_year": YEAR, "entity_level": _level(code), "cds_code": code, key: part, count: n}
    made["suppression_reason"] = reason
    if table == "intervention_outcomes, compared":
        made |= {"students": MEASURED, "students_measured": MEASURED, "suppression_reason": None}
        return made | {"students_matched": n, "comparison_students": c, "matched_suppression_reason": reason}
    if table == "intervention_outcomes":
        unmatched = dict.fromkeys(("students_matched", "comparison_students", "matched_suppression_reason"))
        return made | {"students_measured": c} | unmatched
    made |= {"chronic_count": c, "chronic_rate": None}
    if table == "school_climate":
        made |= {"indicator_code": "school_connectedness", "value_pct": None}
    if table == "chronic_absence":
        made["submission_status"] = "submitted"
    elif table == "chronic_absence_by_grade":
        made["grade_span"] = _SPANS[part]
    elif table == "accountability":
        made |= {f"prior_{column}": None for column in ("students", "chronic_count", "chronic_rate")}
        made["prior_suppression_reason"] = None
    else:
        made["eligible_enrollment"] = None
    return made


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """Attack a county of which these rows are public and no others."""

    def attack(*rows: Row, **thresholds: int) -> Audit:
        county = County()
        whole = safe_county()
        for table in ("reporting_categories", "category_families", "student_groups", "entities"):
            county.tables[table] = whole.tables[table]
        county.tables["suppression_thresholds"] = [
            {"rule": rule, "value": thresholds.get(rule, value), "description": rule} for rule, value in THRESHOLDS
        ]
        elsewhere: Row = ("chronic_absence", CEDAR, "TA", 5000, 900, None)
        for row in (elsewhere, *rows):
            county.tables.setdefault(row[0].split(",")[0], []).append(_row(row))
        return audit(county.write(tmp_path / "attendance.duckdb"))

    return attack


def _bounds(audited: Audit, code: str, item: str, measure: int = 0) -> tuple[float, float]:
    """What passing bounds along finds of one hidden count."""
    found = audited.knowledge.connection.execute(
        "select f from figures where cds_code = ? and item = ?", [code, item]
    ).fetchone()
    assert found is not None
    cell = 2 * int(found[0]) + measure
    return float(audited.attack.passed.lower[cell]), float(audited.attack.passed.upper[cell])


def _names(audited: Audit) -> list[str]:
    return [str(name) for (name,) in audited.knowledge.connection.execute("select name from relations").fetchall()]


def test_a_race_that_a_small_school_has_no_row_of_may_have_all_of_that_school(published: Published) -> None:
    audited = published(
        ("chronic_absence", SCHOOL, "TA", 200, 40, None),
        ("chronic_absence", SCHOOL, "RH", 120, 25, None),
        ("chronic_absence", SCHOOL, "RW", 80, 15, None),
        ("chronic_absence", OTHER, "TA", None, None, SMALL),
        ("chronic_absence", BIRCH, "TA", None, None, "complement"),
        ("chronic_absence", BIRCH, "RH", None, None, "complement"),
        ("chronic_absence", BIRCH, "RW", None, None, "complement"),
        ("chronic_absence", BIRCH, "CHN", None, None, "complement"),
        ("chronic_absence", BIRCH, "CHY", None, None, SMALL),
    )
    assert not len(audited.attack.dropped)
    assert not len(audited.attack.contradictory)
    assert _bounds(audited, BIRCH, "RH") == (120, 130)
    assert _bounds(audited, BIRCH, "RH", 1)[1] == 35
    # no more than the one charter, small as it is, may have taught last
    assert _bounds(audited, BIRCH, "CHY") == (0, 10)


def test_a_school_of_ten_or_fewer_has_no_row_of_its_grades_and_is_not_without_a_grade(published: Published) -> None:
    audited = published(
        ("chronic_absence", SCHOOL, "TA", None, None, SMALL),
        ("accountability", SCHOOL, "ALL", None, None, SMALL),
        ("chronic_absence", BIRCH, "GR912", None, None, SMALL),
    )
    assert not [name for name in _names(audited) if name.startswith("Grades add up to all students, Birch Elem")]
    assert not len(audited.attack.dropped)


def test_a_span_under_few_through_grade_8_may_have_all_of_them(published: Published) -> None:
    audited = published(
        ("chronic_absence", SCHOOL, "TA", 200, 40, None),
        ("chronic_absence", SCHOOL, "GRTK8", None, None, SMALL),
        ("chronic_absence", SCHOOL, "GR912", None, None, "complement"),
        ("chronic_absence", OTHER, "TA", 90, 20, None),
        ("chronic_absence", OTHER, "GRTK8", 90, 20, None),
        ("chronic_absence", OTHER, "GR13", 50, 10, None),
        ("chronic_absence", OTHER, "GR78", 40, 10, None),
        ("chronic_absence_by_grade", OTHER, "01", 50, 10, None),
        ("chronic_absence", BIRCH, "GR13", None, None, "complement"),
        ("chronic_absence_by_grade", BIRCH, "01", None, None, "complement"),
        ("chronic_absence_by_grade", BIRCH, "09", None, None, "complement"),
    )
    assert _bounds(audited, BIRCH, "GR13") == (50, 60)
    assert _bounds(audited, BIRCH, "01") == (50, 60)
    assert _bounds(audited, BIRCH, "01", 1)[1] == 20
    assert not len(audited.attack.dropped)


def test_a_grade_under_a_small_span_may_have_all_of_it(published: Published) -> None:
    audited = published(
        ("chronic_absence", SCHOOL, "TA", 200, 40, None),
        ("chronic_absence", SCHOOL, "GR78", None, None, SMALL),
        ("chronic_absence", OTHER, "TA", 90, 20, None),
        ("chronic_absence", OTHER, "GR78", 90, 20, None),
        ("chronic_absence_by_grade", OTHER, "07", 45, 10, None),
        ("chronic_absence_by_grade", OTHER, "08", 45, 10, None),
        ("chronic_absence_by_grade", BIRCH, "07", None, None, "complement"),
    )
    assert _bounds(audited, BIRCH, "07") == (45, 55)
    assert not [name for name in _names(audited) if name.startswith("Grades add up to Grades 7 and 8, Birch Elem")]


def test_a_dashboard_group_under_few_through_grade_8_may_have_all_of_them(published: Published) -> None:
    high = SCHOOLS[BIRCH][2]
    audited = published(
        ("chronic_absence", SCHOOL, "TA", 200, 40, None),
        ("chronic_absence", SCHOOL, "RH", 120, 25, None),
        ("chronic_absence", SCHOOL, "RW", 80, 15, None),
        ("chronic_absence", SCHOOL, "GR912", None, None, "complement"),
        ("accountability", SCHOOL, "ALL", None, None, SMALL),
        ("accountability", SCHOOL, "WH", None, None, SMALL),
        ("chronic_absence", high, "TA", 90, 20, None),
        ("accountability", high, "ALL", 90, 20, None),
        ("accountability", high, "HI", 60, 12, None),
        ("accountability", high, "WH", 30, 8, None),
        ("accountability", BIRCH, "ALL", None, None, "complement"),
        ("accountability", BIRCH, "HI", None, None, "complement"),
    )
    assert _bounds(audited, BIRCH, "HI") == (60, 70)
    assert _bounds(audited, BIRCH, "ALL")[1] == 100
    # some of its races have a row, others not
    assert not [name for name in _names(audited) if name.startswith("Dashboard races add up") and "Birch Elem" in name]
    assert not len(audited.attack.contradictory)


def test_where_a_school_sent_nothing_the_others_are_not_the_sum(published: Published) -> None:
    rows: list[Row] = [
        ("chronic_absence", SCHOOL, "TA", 200, 40, None),
        ("chronic_absence", BIRCH, "TA", 200, None, "all_or_none"),
        ("chronic_absence", BIRCH, "SS", 150, 20, None),
    ]
    assert _bounds(published(*rows), BIRCH, "TA", 1) == (40, 40)
    assert _bounds(published(*rows, ("chronic_absence", OTHER, "TA", None, None, None)), BIRCH, "TA", 1) == (20, 70)


def test_where_no_group_tells_its_chronic_count_few_are_absent(published: Published) -> None:
    rows: list[Row] = [
        ("chronic_absence", SCHOOL, "TA", 100, None, "all_or_none"),
        ("chronic_absence", SCHOOL, "RH", 60, None, "all_or_none"),
    ]
    silent: Row = ("chronic_absence", SCHOOL, "RW", 40, None, "all_or_none")
    telling: Row = ("chronic_absence", SCHOOL, "RW", 40, 2, None)
    assert _bounds(published(*rows, silent), SCHOOL, "TA", 1) == (0, 8)
    assert _bounds(published(*rows, telling), SCHOOL, "TA", 1) == (2, 62)
    audited = published(*rows, silent, few_absent=4)
    found = {(finding.item, finding.measure): finding for finding in audited.findings}
    assert (found["TA", "chronic"].lower, found["TA", "chronic"].upper) == (0, 4)
    equations = explain(audited.knowledge, audited.attack, found["TA", "chronic"].cell).equations
    assert any(line.startswith("Of no group of Birch Elementary") for line in equations)


def test_where_no_dashboard_group_of_a_district_tells_its_chronic_count_few_are_absent(published: Published) -> None:
    rows: list[Row] = [
        ("accountability", BIRCH, "ALL", 100, None, "all_or_none"),
        ("accountability", BIRCH, "HI", 60, None, "all_or_none"),
    ]
    assert _bounds(published(*rows), BIRCH, "ALL", 1) == (0, 8)
    assert _bounds(published(*rows, ("accountability", BIRCH, "WH", 40, 12, None)), BIRCH, "ALL", 1) == (12, 72)


def test_all_of_a_districts_dashboard_are_those_of_its_schools_that_are_no_charters(published: Published) -> None:
    high = SCHOOLS[BIRCH][2]
    audited = published(
        ("chronic_absence", SCHOOL, "TA", 200, 40, None),
        ("chronic_absence", SCHOOL, "GRTK8", None, None, SMALL),
        ("chronic_absence", high, "GRTK8", 100, 20, None),
        ("chronic_absence", OTHER, "GRTK8", 300, 20, None),
        ("accountability", BIRCH, "ALL", 109, 22, None),
    )
    assert _bounds(audited, SCHOOL, "GRTK8") == (9, 10)


def test_who_was_measured_had_the_intervention(published: Published) -> None:
    audited = published(
        ("intervention_outcomes", BIRCH, "tutoring", None, None, "complement"),
        ("intervention_outcomes", CEDAR, "tutoring", 16, 2, None),
        ("intervention_outcomes", COUNTY, "tutoring", 18, 17, None),
    )
    found = {(finding.cds_code, finding.group): finding for finding in audited.findings}
    assert (found[BIRCH, "Students with tutoring"].lower, found[BIRCH, "Students with tutoring"].upper) == (15, 18)
    equations = explain(audited.knowledge, audited.attack, found[BIRCH, "Students with tutoring"].cell).equations
    assert any("had it" in line for line in equations)


def test_a_small_group_of_an_intervention_may_be_those_measured_alone(published: Published) -> None:
    audited = published(
        ("intervention_outcomes", BIRCH, "tutoring", None, None, SMALL),
        ("intervention_outcomes", CEDAR, "tutoring", 60, 50, None),
        ("intervention_outcomes", COUNTY, "tutoring", 100, 55, None),
    )
    assert not len(audited.attack.contradictory)
    found = {finding.group: (finding.lower, finding.upper) for finding in audited.findings}
    # forty at least had it, of whom a few were measured: what is told of both is true of those
    assert "Students with tutoring" not in found
    assert audited.knowledge.connection.execute(
        "select topic, n_lower, n_upper from figures where cds_code = ? and item = 'tutoring' "
        "and topic in ('intervention', 'measured') order by topic",
        [BIRCH],
    ).fetchall() == [("intervention", 1, None), ("measured", 0, 10)]


def test_those_set_beside_others_are_the_countys_less_the_other_districts(published: Published) -> None:
    compared = "intervention_outcomes, compared"
    told = ((compared, CEDAR, "tutoring", 43, 70, None), (compared, COUNTY, "tutoring", 100, 500, None))
    audited = published((compared, BIRCH, "tutoring", None, None, SMALL), *told)
    found = {finding.group: (finding.lower, finding.upper) for finding in audited.findings}
    assert found == {"Students set beside others with tutoring": (57, MEASURED)}


def test_those_of_whom_no_comparison_is_told_may_be_any_of_the_countys(published: Published) -> None:
    compared = "intervention_outcomes, compared"
    told = ((compared, CEDAR, "tutoring", None, None, None), (compared, COUNTY, "tutoring", 100, 500, None))
    audited = published((compared, BIRCH, "tutoring", None, None, SMALL), *told)
    assert not audited.findings
    assert not len(audited.attack.contradictory)


def test_respondents_of_a_school_are_the_districts_less_the_others(published: Published) -> None:
    audited = published(
        ("school_climate", SCHOOL, "05", None, None, SMALL),
        ("school_climate", OTHER, "05", 70, None, None),
        ("school_climate", BIRCH, "05", 79, None, None),
    )
    assert _bounds(audited, SCHOOL, "05") == (9, 10)
    assert any("is at most the sum of those below it" in name for name in _names(audited))
