"""What is public: the tables of ``open_data`` that hold counts, copied out of a database file.

A table that is not in the publication gives nothing away, so only those are required without which the others cannot be
read. A column that is missing from a table is an error, and so is a table that nobody has thought about: the audit
would be silent about what it cannot see.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from publishing.errors import PublishingError

SCHEMA = "open_data"

REQUIRED: dict[str, tuple[str, ...]] = {
    "suppression_thresholds": ("rule", "value"),
    "category_families": ("category_family", "family_name", "covers"),
    "reporting_categories": ("reporting_category", "category_name", "category_family"),
    "entities": (
        "entity_level",
        "cds_code",
        "entity_name",
        "county_code",
        "district_cds_code",
        "is_charter",
    ),
    "chronic_absence": (
        "school_year",
        "entity_level",
        "cds_code",
        "reporting_category",
        "eligible_enrollment",
        "chronic_count",
        "chronic_rate",
        "suppression_reason",
        "submission_status",
    ),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "student_groups": ("student_group", "reporting_category"),
    "chronic_absence_by_grade": (
        "school_year",
        "cds_code",
        "grade",
        "grade_span",
        "eligible_enrollment",
        "chronic_count",
        "chronic_rate",
        "suppression_reason",
    ),
    "attendance_to_date": (
        "school_year",
        "cds_code",
        "school_month",
        "eligible_enrollment",
        "chronic_count",
        "chronic_rate",
        "suppression_reason",
    ),
    "absence_by_reason": ("school_year", "cds_code", "eligible_enrollment", "suppression_reason"),
    "accountability": (
        "school_year",
        "cds_code",
        "student_group",
        "students",
        "chronic_count",
        "chronic_rate",
        "suppression_reason",
        "prior_students",
        "prior_chronic_count",
        "prior_chronic_rate",
        "prior_suppression_reason",
    ),
    "attendance_bands": (
        "school_year",
        "cds_code",
        "attendance_band",
        "students",
        "share",
        "suppression_reason",
    ),
    "intervention_outcomes": (
        "school_year",
        "cds_code",
        "type_code",
        "students",
        "students_measured",
        "suppression_reason",
        "students_matched",
        "comparison_students",
        "matched_suppression_reason",
    ),
    "school_climate": (
        "school_year",
        "cds_code",
        "grade",
        "indicator_code",
        "respondents",
        "value_pct",
        "eligible_enrollment",
        "chronic_rate",
        "suppression_reason",
    ),
    "group_overlap": (
        "school_year",
        "cds_code",
        "reporting_category",
        "other_category",
        "eligible_enrollment",
        "chronic_count",
        "chronic_rate",
        "suppression_reason",
    ),
    "published_chronic_absence": (
        "school_year",
        "cds_code",
        "reporting_category",
        "eligible_enrollment",
        "chronic_count",
        "chronic_rate",
    ),
}
# The other tables of the schema, and why an attacker cannot tie anything in them to a count that is hidden.
UNTIED: dict[str, str] = {
    "about": "counts nothing",
    "attendance_day": "students absent on single days of the whole county, told by no place or group",
    "concentration_zip": "hides nothing: ZIP codes add up to the county, and stand in no other table",
    "data_quality": "counts days, weeks and marks",
    "definitions": "counts nothing",
    "deliveries": "counts files and rows",
    "early_warning": "students by tier, which no other table counts; expected ones are guesses, rounded",
    "early_warning_calibration": "hides nothing, and its counts are rounded",
    "early_warning_skill": "hides nothing, and its counts are rounded",
    "followups": "cases of the whole county by step, which no other table counts",
    "goal_counts": "counts goals",
    "goals": "figures that are shown elsewhere, beside what the LEA aims at",
    "reconciliation": "students who differ, of places whose own count is shown; compared are rounded",
    "rejects": "counts files and rows",
    "school_submissions": "counts days",
    "submissions": "counts schools and days",
    "transitions": "students new at a school of the whole county, which no other table counts",
}
RULES = ("largest_hidden_group", "none_hidden_under", "few_absent", "narrowest_bounds")


class AuditError(PublishingError):
    """The audit cannot be made; the message says what is missing and where."""


@dataclass(frozen=True)
class Rules:
    """What the publication says of its own rule.

    largest_hidden_group: groups of this size or smaller are hidden
    none_hidden_under:    a group none of whom is chronically absent is hidden where it is smaller than this
    few_absent:           where so few are chronically absent at a place in all, none of its groups tells how many
    narrowest_bounds:     a hidden count whose bounds are closer than this is unsafe
    """

    largest_hidden_group: int
    none_hidden_under: int
    few_absent: int
    narrowest_bounds: int


@dataclass(frozen=True)
class Public:
    """A database in memory that holds the public tables, each in ``main`` under its own name.

    absent: the tables that are not in the publication; here they are empty
    """

    connection: duckdb.DuckDBPyConnection
    rules: Rules
    absent: tuple[str, ...]


def read_public(database: Path) -> Public:
    """Copy what is public; AuditError where the file is not there, or lacks what the audit cannot do without."""
    if not database.is_file():
        raise AuditError(f"{database} is not there. Build the warehouse first: attendance build")
    connection = duckdb.connect(":memory:")
    attach(connection, database)
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_catalog = 'source' and table_schema = ?",
        [SCHEMA],
    ).fetchall():
        found.setdefault(table, set()).add(column)
    if missing := sorted(set(REQUIRED) - set(found)):
        raise AuditError(
            f"{database} has no table {', '.join(f'{SCHEMA}.{table}' for table in missing)}: without it the audit "
            "cannot read the others. Build the warehouse again: attendance build"
        )
    tables = REQUIRED | OPTIONAL
    if strange := sorted(set(found) - set(tables) - set(UNTIED)):
        raise AuditError(
            f"{database} has {', '.join(f'{SCHEMA}.{table}' for table in strange)}, which the audit does not know: say "
            "in publishing/audit/public.py which of its columns an attacker can use, or why none."
        )
    lacking = sorted(
        f"{SCHEMA}.{table}.{column}"
        for table, columns in tables.items()
        if table in found
        for column in set(columns) - found[table]
    )
    if lacking:
        raise AuditError(f"{database} has no column {', '.join(lacking)}: the audit cannot see what it would show.")
    for table, columns in tables.items():
        if table in found:
            connection.execute(f"create table {table} as select {', '.join(columns)} from source.{SCHEMA}.{table}")
        else:
            empty_table(connection, table)
    connection.execute("detach source")
    return Public(connection, _rules(connection, database), tuple(sorted(set(OPTIONAL) - set(found))))


def attach(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Open the file for reading, as ``source``; AuditError where it does not open."""
    quoted = str(database).replace("'", "''")
    try:
        connection.execute(f"attach '{quoted}' as source (read_only)")
    except duckdb.Error as error:
        raise AuditError(f"{database} does not open as a DuckDB database, or is being written ({error}).") from error


def empty_table(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make one of the optional tables, without a row."""
    connection.execute(f"create table {table} ({', '.join(f'{column} {_kind(column)}' for column in OPTIONAL[table])})")


def _kind(column: str) -> str:
    return "double" if column in _NUMBERS else "varchar"


_NUMBERS = {
    "students_measured",
    "students_matched",
    "comparison_students",
    "eligible_enrollment",
    "chronic_count",
    "chronic_rate",
    "students",
    "share",
    "prior_students",
    "prior_chronic_count",
    "prior_chronic_rate",
    "respondents",
    "school_month",
    "value_pct",
}


def _rules(connection: duckdb.DuckDBPyConnection, database: Path) -> Rules:
    values = dict(connection.execute("select rule, value from suppression_thresholds").fetchall())
    if missing := [rule for rule in RULES if values.get(rule) is None]:
        raise AuditError(
            f"{database}: {SCHEMA}.suppression_thresholds has no row {', '.join(missing)}. Add it to "
            "seeds/suppression_thresholds.csv and build again."
        )
    return Rules(*(int(values[rule]) for rule in RULES))
