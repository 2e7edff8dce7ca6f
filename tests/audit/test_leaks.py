"""A county that is safe, and the same with one leak planted: each is found, named with its cell and its equation."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from publishing.audit.explain import explain
from tests.audit.conftest import Attacked
from tests.audit.county import BIRCH, COMPANION, SCHOOLS, SMALL, YEARS, County, safe_county

ELEMENTARY, CHARTER, HIGH = SCHOOLS[BIRCH]
LAST, THIS = YEARS


@dataclass(frozen=True)
class Leak:
    """A leak, and the cell and the equation that a report must name.

    plant: changes the county
    says:  a pattern that one of the cell's equations must match
    """

    plant: Callable[[County], None]
    cds_code: str
    item: str
    measure: str
    says: str
    school_year: str = THIS


def _one_race_alone(county: County) -> None:
    county.show(county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="RA"))


def _a_sum_too_small(county: County) -> None:
    for item, (n, c), reason in (("RI", (2, 1), SMALL), ("RA", (2, 1), SMALL), ("RW", (86, 33), None)):
        row = county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category=item)
        row["truth"] |= {"eligible_enrollment": n, "chronic_count": c, "chronic_rate": round(100 * c / n, 1)}
        if reason:
            county.hide(row, reason, "chronic_absence")
        else:
            county.show(row)
    row = county.row("accountability", school_year=THIS, cds_code=ELEMENTARY, student_group="WH")
    row.update(students=86, chronic_count=33, chronic_rate=38.4)
    for group in ("AS", "AI"):
        row = county.row("accountability", school_year=THIS, cds_code=ELEMENTARY, student_group=group)
        row["suppression_reason"] = SMALL


def _grades_through_8(county: County) -> None:
    county.show(county.row("chronic_absence", school_year=THIS, cds_code=HIGH, reporting_category="GRTK8"))


def _grades_of_a_span(county: County) -> None:
    for row in county.rows("chronic_absence_by_grade", school_year=THIS, cds_code=HIGH, grade_span="GR912"):
        county.show(row)


def _a_district_like_its_school(county: County) -> None:
    for school in (CHARTER, HIGH):
        county.tables["chronic_absence"].remove(
            county.row("chronic_absence", school_year=THIS, cds_code=school, reporting_category="SM")
        )
    row = county.row("chronic_absence", school_year=THIS, cds_code=BIRCH, reporting_category="SM")
    row.update(eligible_enrollment=6, chronic_count=3, chronic_rate=50.0)


def _schools_that_must_be_full(county: County) -> None:
    row = county.row("chronic_absence", school_year=THIS, cds_code=BIRCH, reporting_category="SM")
    row.update(eligible_enrollment=27, chronic_count=12, chronic_rate=44.4)


def _charter_alone(county: County) -> None:
    row = county.row("chronic_absence", school_year=THIS, cds_code=BIRCH, reporting_category="CHY")
    county.hide(row, COMPANION, "chronic_absence")


def _accountability(county: County) -> None:
    row = county.row("accountability", school_year=THIS, cds_code=ELEMENTARY, student_group="AI")
    county.show(row)


def _the_same_cell_elsewhere(county: County) -> None:
    county.show(county.row("accountability", school_year=THIS, cds_code=HIGH, student_group="ALL"))


def _the_year_before(county: County) -> None:
    row = county.row("accountability", school_year=THIS, cds_code=ELEMENTARY, student_group="AI")
    row.update(prior_students=6, prior_chronic_count=3, prior_chronic_rate=50.0, prior_suppression_reason=None)


def _two_months(county: County) -> None:
    september, october, november = county.rows("attendance_to_date", school_year=THIS, cds_code=ELEMENTARY)
    september["eligible_enrollment"] = november["eligible_enrollment"] - 2
    county.hide(october, COMPANION, "attendance_to_date")


def _one_band(county: County) -> None:
    row = county.row("attendance_bands", school_year=THIS, cds_code=BIRCH, attendance_band="severe_chronic")
    county.hide(row, COMPANION, "attendance_bands")


def _a_rate_alone(county: County) -> None:
    row = county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="GF")
    row["chronic_rate"] = row["truth"]["chronic_rate"]


def _head_count_of_reasons(county: County) -> None:
    for table, where in (("chronic_absence", {"reporting_category": "TA"}), ("attendance_to_date", {})):
        for row in county.rows(table, school_year=THIS, cds_code=ELEMENTARY, **where):
            county.hide(row, COMPANION, table)


def _chronic_alone(county: County) -> None:
    row = county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SS")
    row.update(chronic_count=None, chronic_rate=None, suppression_reason="all_or_none")


def _one_school_of_a_program(county: County) -> None:
    row = county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category="SS")
    county.hide(row, COMPANION, "chronic_absence")


def _charters_and_others(county: County) -> None:
    for item in ("CHY", "CHN"):
        row = county.row("chronic_absence", school_year=THIS, cds_code=BIRCH, reporting_category=item)
        county.hide(row, COMPANION, "chronic_absence")


LEAKS = {
    "one race hidden alone": Leak(_one_race_alone, ELEMENTARY, "RI", "eligible", r"Races add up to all students.* = 6"),
    "two races whose sum is small": Leak(_a_sum_too_small, ELEMENTARY, "RI", "eligible", r"Races add up.* = 4"),
    "grades through 8 give back a span": Leak(
        _grades_through_8, HIGH, "GR78", "eligible", r"Grade spans add up to grades through 8"
    ),
    "grades give back their span": Leak(
        _grades_of_a_span, HIGH, "GR912", "eligible", r"Grades add up to Grades 9 to 12"
    ),
    "a district equal to its only school": Leak(
        _a_district_like_its_school,
        ELEMENTARY,
        "SM",
        "eligible",
        r"Birch Unified.* is at least Birch Elementary|at most the sum",
    ),
    "schools that must be full to make the district": Leak(
        _schools_that_must_be_full, ELEMENTARY, "SM", "eligible", r"is at most the sum of those below it.* >= 27"
    ),
    "charter is total less other schools": Leak(
        _charter_alone, BIRCH, "CHY", "eligible", r"Charter schools and others add up to all students"
    ),
    "a school's chronic count is the district's less the others'": Leak(
        _chronic_alone, ELEMENTARY, "SS", "chronic", r"is at most the sum of those below it: (not )?chronic"
    ),
    "a school of a program whose students are at one school each": Leak(
        _one_school_of_a_program, ELEMENTARY, "SS", "eligible", r"no more are counted twice than of all students"
    ),
    "charters and others are those of such schools": Leak(
        _charters_and_others, BIRCH, "CHY", "eligible", r"Charter schools.* is at most the sum of such schools"
    ),
    "accountability shows what chronic absence hides": Leak(
        _accountability, ELEMENTARY, "RI", "eligible", r"Dashboard group AI"
    ),
    "accountability shows the same cell": Leak(
        _the_same_cell_elsewhere, HIGH, "GRTK8", "chronic", r"accountability shows it.* chronic_absence hides it"
    ),
    "prior-year columns show last year's cell": Leak(
        _the_year_before, ELEMENTARY, "AI", "chronic", r"accountability \(prior year\) shows it", LAST
    ),
    "a month between two others": Leak(_two_months, ELEMENTARY, "10", "eligible", r"no head-count falls"),
    "one band hidden alone": Leak(_one_band, BIRCH, "severe_chronic", "eligible", r"Bands add up to all students"),
    "a rate without its count": Leak(_a_rate_alone, ELEMENTARY, "GF", "chronic", r"the rate is shown"),
    "the head-count of another table": Leak(
        _head_count_of_reasons, ELEMENTARY, "TA", "eligible", r"absence_by_reason shows it"
    ),
}


def test_a_county_that_is_hidden_well_is_safe(attacked: Attacked) -> None:
    audited = attacked(safe_county())
    assert audited.is_safe
    assert int(audited.knowledge.system.judged.sum()) > 300
    assert not len(audited.attack.dropped)
    assert not len(audited.attack.contradictory)


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_found_and_named(name: str, attacked: Attacked) -> None:
    leak, county = LEAKS[name], safe_county()
    leak.plant(county)
    audited = attacked(county)
    found = [
        finding
        for finding in audited.findings
        if (finding.school_year, finding.cds_code, finding.item, finding.measure)
        == (leak.school_year, leak.cds_code, leak.item, leak.measure)
    ]
    assert found, f"nobody saw {name}"
    assert found[0].upper - found[0].lower < 5
    equations = explain(audited.knowledge, audited.attack, found[0].cell).equations
    assert any(re.search(leak.says, line) for line in equations), equations


def test_a_safe_county_is_told_as_safe_and_a_leak_ends_in_words(attacked: Attacked, tmp_path: Path) -> None:
    assert "Every hidden count is safe: its bounds lie at least 5 apart." in attacked(safe_county()).lines()
    county = safe_county()
    _one_race_alone(county)
    told = "\n".join(attacked(county).lines())
    assert (
        "school Birch Elementary (19990019900010), American Indian or Alaska Native (RI): eligible, hidden as" in told
    )
    assert "is 6" in told
    assert str(tmp_path) not in told
