"""Two program groups at once, and tables that nobody has thought about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from attendance.project import read_project
from attendance.settings import PROJECT
from publishing.audit.public import OPTIONAL, REQUIRED, UNTIED, AuditError, read_public
from publishing.audit.report import Audit, audit
from tests.audit.county import COUNTY, THRESHOLDS, County, safe_county

YEAR = "2023-24"
# code, head-count, chronic count
Group = tuple[str, int, int]
# one code, another, head-count, chronic count (None where hidden), reason
Pair = tuple[str, str, int | None, int | None, str | None]


def _attacked(folder: Path, groups: list[Group], pairs: list[Pair]) -> Audit:
    """Attack a county of which these groups and pairs are public and no others."""
    county, whole = County(), safe_county()
    for table in ("category_families", "student_groups", "entities"):
        county.tables[table] = whole.tables[table]
    county.tables["reporting_categories"] = [
        *whole.tables["reporting_categories"],
        {"reporting_category": "SH", "category_name": "Homeless students", "category_family": "program"},
    ]
    county.tables["suppression_thresholds"] = [
        {"rule": rule, "value": value, "description": rule} for rule, value in THRESHOLDS
    ]
    where: dict[str, Any] = {"school_year": YEAR, "cds_code": COUNTY}
    county.tables["chronic_absence"] = [
        where
        | {"entity_level": "county", "reporting_category": code, "eligible_enrollment": n, "chronic_count": c}
        | {"chronic_rate": None, "suppression_reason": None, "submission_status": "submitted"}
        for code, n, c in groups
    ]
    county.tables["group_overlap"] = [
        where
        | {"reporting_category": first, "other_category": second, "eligible_enrollment": n, "chronic_count": c}
        | {"chronic_rate": None, "suppression_reason": reason}
        for one, other, n, c, reason in pairs
        for first, second in ((one, other), (other, one))
    ]
    return audit(county.write(folder / "attendance.duckdb"))


def _unsafe(audited: Audit) -> set[tuple[object, object]]:
    told = [audited.knowledge.describe(int(cell)) for cell in audited.attack.unsafe]
    return {(each["group"], each["measure"]) for each in told if each["table"] == "group_overlap"}


def test_two_groups_that_are_hidden_together_are_safe_where_they_may_share_many_or_few(tmp_path: Path) -> None:
    audited = _attacked(
        tmp_path,
        [("TA", 1000, 200), ("SE", 200, 60), ("SM", 150, 40), ("SS", 500, 150)],
        [("SE", "SM", None, None, "small_group"), ("SE", "SS", 120, 45, None)],
    )
    assert _unsafe(audited) == set()
    assert audited.is_safe


def test_two_groups_of_which_one_is_nearly_everybody_are_known_where_they_meet(tmp_path: Path) -> None:
    audited = _attacked(
        tmp_path,
        [("TA", 1000, 200), ("SE", 200, 60), ("SS", 997, 199)],
        [("SE", "SS", None, None, "small_group")],
    )
    assert _unsafe(audited) == {("Students in both SE and SS", "eligible"), ("Students in both SE and SS", "chronic")}


def test_what_two_pairs_tell_of_a_third_is_found(tmp_path: Path) -> None:
    """All but one of SE are in SS, and all of SM but two: of the 202 they share 145 at least, and 149 at most."""
    audited = _attacked(
        tmp_path,
        [("TA", 1000, 200), ("SE", 200, 60), ("SM", 150, 40), ("SS", 210, 70)],
        [("SE", "SM", None, None, "small_group"), ("SE", "SS", 197, 58, None), ("SM", "SS", 14, 12, None)],
    )
    assert _unsafe(audited) == set()
    tight = _attacked(
        tmp_path,
        [("TA", 1000, 200), ("SE", 200, 60), ("SM", 150, 40), ("SS", 202, 65)],
        [("SE", "SM", None, None, "small_group"), ("SE", "SS", 199, 60, None), ("SM", "SS", 148, 39, None)],
    )
    assert ("Students in both SE and SM", "eligible") in _unsafe(tight)


def test_who_is_homeless_is_disadvantaged_by_definition(tmp_path: Path) -> None:
    """SE and SH share 197 of 200, and all of SH are in SS: so SE and SS share 197 at least."""
    audited = _attacked(
        tmp_path,
        [("TA", 1000, 200), ("SE", 200, 60), ("SH", 250, 80), ("SS", 500, 150)],
        [("SE", "SS", None, None, "small_group"), ("SE", "SH", 197, 58, None)],
    )
    assert ("Students in both SE and SS", "eligible") in _unsafe(audited)


def test_two_groups_that_share_ten_and_are_shown_are_against_the_rule(tmp_path: Path) -> None:
    audited = _attacked(tmp_path, [("TA", 1000, 200), ("SE", 200, 60), ("SS", 500, 150)], [("SE", "SS", 10, 5, None)])
    assert audited.against_rule == (f"group_overlap, Alder County ({COUNTY}), {YEAR}, Students in both SE and SS",)


def test_every_open_table_is_attacked_or_it_is_said_why_not() -> None:
    known = [*REQUIRED, *OPTIONAL, *UNTIED]
    assert len(known) == len(set(known))
    assert set(known) == {table.table for table in read_project(PROJECT / "dbt_project").of("open_data")}
    assert [table for table, why in UNTIED.items() if not why] == []


def test_a_table_that_the_audit_does_not_know_stops_it(tmp_path: Path) -> None:
    file = safe_county().write(tmp_path / "attendance.duckdb")
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table open_data.siblings (students integer)")
    with pytest.raises(AuditError, match=r"open_data\.siblings, which the audit does not know"):
        read_public(file)
