"""The only data that pages may read: the schema ``open_data``, in a database that holds nothing else.

Two locks, either of which would do. A query is parsed by DuckDB itself and refused when it names anything outside
``open_data``; and it runs in a database in memory that holds a copy of that one schema, with files, the network and
its own settings out of reach. A fault in one lock opens nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from publishing.errors import PublishingError

SCHEMA = "open_data"

# What pages need; a database without one of these was not built whole.
TABLES = (
    "about",
    "absence_by_reason",
    "accountability",
    "attendance_bands",
    "attendance_day",
    "attendance_to_date",
    "category_families",
    "chronic_absence",
    "chronic_absence_by_grade",
    "concentration_zip",
    "data_quality",
    "definitions",
    "deliveries",
    "early_warning",
    "early_warning_calibration",
    "early_warning_skill",
    "entities",
    "followups",
    "goal_counts",
    "goals",
    "group_overlap",
    "intervention_outcomes",
    "published_chronic_absence",
    "reconciliation",
    "rejects",
    "reporting_categories",
    "school_climate",
    "school_submissions",
    "student_groups",
    "submissions",
    "suppression_thresholds",
    "transitions",
)

# What a row must not say once it has a reason to hide it. Hidden figures are null already; should one ever not be, it
# ends here, before any query can see it.
_WITHHELD = {
    "absence_by_reason": ("eligible_enrollment", "days_absent", "days_out_of_school_suspension"),
    "accountability": ("chronic_count", "chronic_rate", "rate_change", "status_level", "change_level", "color_level"),
    "attendance_bands": ("students", "share"),
    "attendance_day": ("students_expected", "absence_rate", "expected_absence_rate", "gap_points"),
    "attendance_to_date": ("chronic_count", "chronic_rate"),
    "chronic_absence": ("chronic_count", "chronic_rate"),
    "chronic_absence_by_grade": ("chronic_count", "chronic_rate"),
    "data_quality": ("marks_unmapped",),
    "deliveries": ("rows_loaded", "rows_rejected"),
    "early_warning": (
        "students_enrolled",
        "students_tier_2",
        "students_tier_3",
        "tier_2_rate",
        "tier_3_rate",
        "students_expected_chronic",
        "expected_chronic_rate",
        "students_watched",
    ),
    "followups": (
        "cases_due",
        "cases_done",
        "cases_done_in_time",
        "cases_done_late",
        "cases_overdue",
        "done_rate",
    ),
    "goals": ("last_value", "year_value", "needed_per_year", "progress_percent", "goal_status", "status_name"),
    "group_overlap": (
        "chronic_count",
        "chronic_rate",
        "chronic_rate_first_only",
        "chronic_rate_second_only",
        "chronic_rate_neither",
    ),
    "intervention_outcomes": (
        "students_measured",
        "rate_before",
        "rate_after",
        "change",
    ),
    "published_chronic_absence": ("eligible_enrollment", "chronic_count", "chronic_rate"),
    "reconciliation": ("compared", "differing", "agreement_rate"),
    "school_climate": ("value_pct",),
    "transitions": ("known_chronic_count", "known_chronic_rate", "chronic_supported_then", "chronic_supported_now"),
}

# Relations that hold no data of their own, so that reading them gives nothing away.
_HARMLESS_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})

# The same of head-counts, but for the one reason that hides only how many of them are chronically absent.
_HEADS_SHOWN_WITH = "all_or_none"
_HEADS_WITHHELD = {
    "accountability": ("students",),
    "attendance_to_date": ("eligible_enrollment",),
    "chronic_absence": ("eligible_enrollment",),
    "chronic_absence_by_grade": ("eligible_enrollment",),
    "group_overlap": ("eligible_enrollment",),
    "school_climate": ("respondents",),
}

# What is hidden with either side of a comparison has a reason of its own, which stands where the row has one too.
_COMPARED_WITHHELD = {
    "intervention_outcomes": (
        "students_matched",
        "comparison_students",
        "matched_difference",
        "matched_lower",
        "matched_upper",
    ),
}

Row = Mapping[str, Any]


class OpenDataError(PublishingError):
    """A query reads what pages may not, or the database is not one that pages can be made from."""


@dataclass(frozen=True)
class Parsed:
    """What a query is, as DuckDB's parser sees it: the tables it reads (as written) and its named parameters."""

    tables: frozenset[str]
    parameters: frozenset[str]


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for child in tree.values():
            yield from _nodes(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _nodes(child)


@lru_cache(maxsize=1)
def _parser() -> duckdb.DuckDBPyConnection:
    """An empty database, kept for its parser: opening one takes longer than parsing."""
    return duckdb.connect(":memory:")


@lru_cache(maxsize=512)
def parse(sql: str) -> Parsed:
    """Parse one SELECT without running or binding it; OpenDataError for anything else.

    A table function other than ``unnest``, ``range`` and ``generate_series`` counts as a table named ``name()``: it may
    read a file, or a table whose name stands in a string.
    """
    answer = _parser().cursor().execute("select json_serialize_sql(?::varchar)", [sql]).fetchone()
    tree = json.loads(answer[0]) if answer else {"error": True, "error_message": "nothing was parsed"}
    if tree.get("error"):
        raise OpenDataError(f"is not a SELECT that DuckDB can parse: {tree.get('error_message', 'unknown error')}")
    if len(tree["statements"]) != 1:
        raise OpenDataError(f"holds {len(tree['statements'])} statements; keep one SELECT and no semicolon")

    nodes = list(_nodes(tree))
    named_here = {entry["key"] for node in nodes for entry in (node.get("cte_map") or {}).get("map", [])}
    tables: set[str] = set()
    for node in nodes:
        kind = node.get("type")
        if kind == "BASE_TABLE":
            parts = [node.get("catalog_name", ""), node.get("schema_name", ""), node.get("table_name", "")]
            name = ".".join(part for part in parts if part)
            if name not in named_here:
                tables.add(name)
        elif kind == "TABLE_FUNCTION":
            function = node.get("function") or {}
            if function.get("function_name") not in _HARMLESS_FUNCTIONS:
                tables.add(f"{function.get('function_name', 'a table function')}()")
        elif kind == "SHOW_REF":
            tables.add("the catalogue (show, describe, summarize)")
    parameters = {node["identifier"] for node in nodes if node.get("class") == "PARAMETER"}
    return Parsed(frozenset(tables), frozenset(parameters))


def outside(parsed: Parsed) -> tuple[str, ...]:
    """The tables of a query that do not lie in ``open_data``, in the order of the alphabet."""
    return tuple(sorted(name for name in parsed.tables if name not in {f"{SCHEMA}.{table}" for table in TABLES}))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def check_database(database: Path, schemas: tuple[str, ...] = (SCHEMA,)) -> None:
    """Raise OpenDataError unless the file is a closed DuckDB database with these schemas and the tables of ``TABLES``.

    A write-ahead log beside the file means that whoever wrote it was stopped before it was done.
    """
    if not database.is_file():
        raise OpenDataError(f"{database} is not there. Build the warehouse first: attendance build")
    log = database.with_name(database.name + ".wal")
    if log.exists():
        raise OpenDataError(
            f"{database} has a write-ahead log beside it ({log.name}): it is being written, or its writer was stopped. "
            "Wait for the build to end, or build again: attendance build"
        )
    try:
        connection = duckdb.connect(str(database), read_only=True)
    except duckdb.Error as error:
        raise OpenDataError(f"{database} does not open as a DuckDB database ({error}). Build it again.") from error
    try:
        found = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_catalog = current_database()"
        ).fetchall()
    finally:
        connection.close()
    if missing := sorted(set(schemas) - {schema for schema, _ in found}):
        raise OpenDataError(f"{database} has no schema {', '.join(missing)}. Build it again: attendance build")
    if missing := sorted(set(TABLES) - {table for schema, table in found if schema == SCHEMA}):
        raise OpenDataError(
            f"{database} has no table {', '.join(f'{SCHEMA}.{table}' for table in missing)}. "
            "Build it again: attendance build"
        )


def _copy(table: str) -> str:
    """The SELECT that copies one table, without the figures that it holds back."""
    kept = dict.fromkeys(_WITHHELD.get(table, ()), "suppression_reason is null")
    kept |= dict.fromkeys(
        _HEADS_WITHHELD.get(table, ()), f"coalesce(suppression_reason, '{_HEADS_SHOWN_WITH}') = '{_HEADS_SHOWN_WITH}'"
    )
    kept |= dict.fromkeys(
        _COMPARED_WITHHELD.get(table, ()), "suppression_reason is null and matched_suppression_reason is null"
    )
    shown = ", ".join(f"case when {when} then {column} end as {column}" for column, when in kept.items())
    return f"select *{f' replace ({shown})' if shown else ''} from source.{SCHEMA}.{table}"


def connect(database: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory that holds ``open_data`` as it stands in the file, and from which nothing else can be read.

    The file is attached read-only, copied, detached; then files and network are closed off for good.
    """
    check_database(database)
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"attach '{_quoted(database)}' as source (read_only)")
        connection.execute(f"create schema {SCHEMA}")
        for table in TABLES:
            connection.execute(f"create table {SCHEMA}.{table} as {_copy(table)}")
        connection.execute("detach source")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
    except duckdb.Error as error:
        connection.close()
        raise OpenDataError(f"{database}: {SCHEMA} cannot be read ({error}). Build it again.") from error
    return connection


def columns(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, ...]:
    """The columns that a query returns, without running it to its end; parameters are bound to null."""
    parameters = dict.fromkeys(parse(sql).parameters)
    cursor = connection.execute(f"select * from ({sql}\n) limit 0", parameters or None)
    return tuple(column[0] for column in cursor.description or ())


def rows(connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, object]) -> tuple[Row, ...]:
    """Run one query that reads ``open_data`` only, with its named parameters bound; OpenDataError for any other.

    Only the parameters that the query names are bound, in the order of its own ``order by``.
    """
    parsed = parse(sql)
    if strange := outside(parsed):
        raise OpenDataError(f"reads {', '.join(strange)}; pages read {SCHEMA} only")
    if unknown := sorted(parsed.parameters - set(values)):
        raise OpenDataError(f"needs ${', $'.join(unknown)}, which has no value here")
    bound = {name: values[name] for name in sorted(parsed.parameters)}
    cursor = connection.execute(sql, bound or None)
    names = [column[0] for column in cursor.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
