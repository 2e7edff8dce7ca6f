"""Every role, every relation, every row: what each may see, written down a second time and by itself.

Nothing here reads a declaration: a mart that is new, or declared anew, is wrong here until somebody has thought of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg

from publishing.serving.access import Role, visible
from tests.access.server import Served

OF_STUDENTS = [
    "absence_summary_findings",
    "case_followups",
    "early_warning",
    "interventions",
    "reconciliation_differences",
    "student_attendance",
    "student_group_spans",
    "team_list",
    "transitions",
]
OF_PLACES = [
    "absence_by_reason",
    "accountability",
    "attendance_day",
    "attendance_to_date",
    "chronic_absence",
    "chronic_absence_by_grade",
    "chronic_absence_by_zip",
    "dashboard_recomputed",
    "data_quality",
    "data_quality_year",
    "goals",
    "intervention_outcomes",
    "lcap_metrics",
    "reconciliation",
    "school_climate",
    "school_submissions",
    "submissions",
]
OF_THE_COUNTY = ["climate_association", "concentration", "early_warning_calibration", "early_warning_skill"]
OF_ANALYSTS = ["deliveries", "rejects"]
OF_ALL_STAFF = [
    "dim_dates",
    "dim_definitions",
    "dim_entities",
    "dim_student_groups",
    "published_absence_by_reason",
    "published_chronic_absence",
    "published_dashboard_indicator",
    "published_pupil_counts",
    "published_schools",
]

IDS = "select count(*), coalesce(md5(string_agg(row_id::text, ',' order by row_id)), '') from {} where {}"


@dataclass(frozen=True)
class Cell:
    """A role, a relation, the predicate of the rows that the role may see (None: not at all), and those rows."""

    role: Role
    relation: str
    predicate: str | None
    rows: tuple[Any, ...] | None


def predicate(role: Role, schema: str, name: str) -> str | None:  # noqa: PLR0911 - a case each
    """Which rows a role may see, in plain words of SQL."""
    if schema == "open_data":
        return "true"
    if role.kind == "public":
        return None
    if name in OF_ALL_STAFF or role.kind == "county":
        return "true"
    if name in OF_STUDENTS or name in OF_PLACES:
        if role.kind == "support":
            return None if name in OF_STUDENTS else "true"
        if role.kind == "district":
            return f"district_code = '{role.district}'"
        return f"district_code = '{role.district}' and school_code = '{role.school}'"
    if name in OF_THE_COUNTY:
        return "true" if role.kind == "support" else None
    assert name in OF_ANALYSTS, f"{name} is new: who may see it? Write it down here, and in its yml"
    return None


def cells(served: Served, roles: list[Role]) -> Iterator[Cell]:
    """What is expected, from the file."""
    known: dict[tuple[str, str], tuple[Any, ...]] = {}
    with duckdb.connect(str(served.warehouse), read_only=True) as file:
        for schema, name in file.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('marts', 'open_data')"
        ).fetchall():
            for role in roles:
                allowed = predicate(role, schema, name)
                if allowed is not None and (f"{schema}.{name}", allowed) not in known:
                    found = file.execute(IDS.format(f"{schema}.{name}", allowed)).fetchone()
                    assert found is not None
                    known[f"{schema}.{name}", allowed] = found
                rows = None if allowed is None else known[f"{schema}.{name}", allowed]
                yield Cell(role, f"{schema}.{name}", allowed, rows)


def differences(served: Served, roles: list[Role]) -> tuple[list[str], int]:
    """Each cell in which the server shows other rows than expected, and how many cells there are."""
    by_role: dict[str, list[Cell]] = {}
    for cell in cells(served, roles):
        by_role.setdefault(cell.role.name, []).append(cell)
    wrong, asked = [], 0
    for name, expected in by_role.items():
        with served.connect(name) as connection:
            for cell in expected:
                asked += 1
                seen = _seen(connection, cell.relation)
                if seen != cell.rows:
                    wrong.append(f"{name} sees {seen} of {cell.relation}, not {cell.rows} ({cell.predicate})")
    return wrong, asked


def _seen(connection: psycopg.Connection[Any], relation: str) -> tuple[Any, ...] | None:
    try:
        return connection.execute(IDS.format(relation, "true")).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None


def differing_predicates(served: Served, roles: list[Role]) -> list[str]:
    """Each cell in which a file made by ``visible`` would hold other rows than expected."""
    wrong = []
    relations = {relation.label: relation for relation in served.relations}
    known: dict[tuple[str, str], Any] = {}
    with duckdb.connect(str(served.warehouse), read_only=True) as file:
        for cell in cells(served, roles):
            allowed = visible(relations[cell.relation], cell.role)
            if allowed is not None and (cell.relation, allowed) not in known:
                known[cell.relation, allowed] = file.execute(IDS.format(cell.relation, allowed)).fetchone()
            held = None if allowed is None else known[cell.relation, allowed]
            if held != cell.rows:
                wrong.append(f"the file of {cell.role.name} would hold {held} of {cell.relation}, not {cell.rows}")
    return wrong
