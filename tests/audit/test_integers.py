"""The second attack: what only whole numbers and whole labels tell."""

from __future__ import annotations

from publishing.audit.integers import attack_integers
from tests.audit.conftest import Attacked
from tests.audit.county import BIRCH, CEDAR, COUNTY, SCHOOLS, SMALL, YEARS, County, safe_county

ELEMENTARY = SCHOOLS[BIRCH][0]
THIS = YEARS[1]


def _two_labels_of_which_one_is_all() -> County:
    """Eleven chronically absent in three hidden races: ten or fewer cannot be all, so one of two groups is whole.

    Then nobody of the small race is chronically absent, though no straight line says so.
    """
    county = safe_county()
    for item, group, (n, c), (less_n, less_c), reason in (
        ("RB", "AA", (11, 11), (49, 10), "all_or_none"),
        ("RA", "AS", (15, 0), (15, 12), "all_or_none"),
        ("RI", "AI", (6, 0), (0, 3), SMALL),
        ("RW", "WH", (118, 45), (-64, -25), None),
    ):
        row = county.row("chronic_absence", school_year=THIS, cds_code=ELEMENTARY, reporting_category=item)
        other = county.row("accountability", school_year=THIS, cds_code=ELEMENTARY, student_group=group)
        row["truth"] |= {"eligible_enrollment": n, "chronic_count": c, "chronic_rate": round(100 * c / n, 1)}
        if reason:
            county.hide(row, reason, "chronic_absence")
            county.hide(other, reason, "accountability")
        else:
            county.show(row)
            other.update(students=n, chronic_count=c, chronic_rate=row["chronic_rate"])
        for above in (BIRCH, COUNTY):
            row = county.row("chronic_absence", school_year=THIS, cds_code=above, reporting_category=item)
            row["eligible_enrollment"] -= less_n
            row["chronic_count"] -= less_c
            row["chronic_rate"] = round(100 * row["chronic_count"] / row["eligible_enrollment"], 1)
    return county


def test_what_follows_only_from_whole_labels_is_found_by_integer_programs(attacked: Attacked) -> None:
    audited = attacked(_two_labels_of_which_one_is_all())
    assert not len(audited.attack.contradictory)
    by_lines = {(finding.item, finding.measure) for finding in audited.findings}
    assert ("RI", "chronic") not in by_lines
    found = attack_integers(audited.knowledge, audited.attack, 2)
    assert found.districts == (BIRCH, CEDAR)
    told = {
        (str(audited.knowledge.describe(cell)["item"]), str(audited.knowledge.describe(cell)["measure"])): (low, high)
        for cell, low, high in found.unsafe
    }
    assert told["RI", "chronic"] == (0, 0)
    assert not found.undecided


def test_a_safe_county_is_safe_from_integer_programs_too(attacked: Attacked) -> None:
    audited = attacked(safe_county())
    found = attack_integers(audited.knowledge, audited.attack, 5)
    assert (found.cells, found.unsafe, found.undecided) == (328, (), ())


def test_a_sample_is_the_same_each_time(attacked: Attacked) -> None:
    audited = attacked(safe_county())
    once, again = (attack_integers(audited.knowledge, audited.attack, 1, seed=3) for _ in range(2))
    assert once == again
    assert len(once.districts) == 1
