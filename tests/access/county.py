"""An invented county in which every served relation has rows of every place: columns as the contracts say, and an id.

Two districts with two schools each and one with one. Students are at a school, some at two of different districts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import yaml

from attendance.settings import PROJECT
from publishing.serving.relations import _LOADER, STUDENT_COLUMNS, declared_access

MODELS = PROJECT / "dbt_project" / "models"
ROLES = PROJECT / "config" / "roles.yml"

SCHOOLS = (
    ("00001", "0000011"),
    ("00001", "0000012"),
    ("00002", "0000021"),
    ("00002", "0000022"),
    ("00003", "0000031"),
)
DISTRICTS = tuple(dict.fromkeys(district for district, _ in SCHOOLS))
# place of each row: the county, each district, each school, and a row of an entity that nobody knows
PLACES: tuple[tuple[str | None, str | None], ...] = (
    (None, None),
    *((district, None) for district in DISTRICTS),
    *SCHOOLS,
)
ROWS_OF_A_PLACE = 4
# was in the first district until winter, is in the second since
MOVER = "mover"
STAYER = "stays-in-the-first"


def contracts() -> dict[tuple[str, str], dict[str, str]]:
    """Columns with their types, by schema and relation, from the ymls."""
    found = {}
    for schema in ("marts", "open_data"):
        for path in sorted((MODELS / schema).glob("*.yml")):
            for model in yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)["models"]:
                name = model["name"].removeprefix("open_") if schema == "open_data" else model["name"]
                found[schema, name] = {column["name"]: column["data_type"] for column in model["columns"]}
    assert found.keys() == declared_access(MODELS).keys()
    return found


def _value(column: str, kind: str, number: int, place: tuple[str | None, str | None]) -> Any:
    district, school = place
    known = {
        "county_code": "19",
        "district_code": district,
        "school_code": school,
        "student_key": (f"student-{district}-{school}-{number % 3}", MOVER, STAYER)[number % 3 if number < 3 else 0],
        "entity_level": "school" if school else "district" if district else "county",
        "cds_code": f"19{district or '00000'}{school or '0000000'}",
    }
    if column in known:
        return known[column]
    if kind == "string":
        return f"{column}-{number}"
    if kind == "boolean":
        return number % 2 == 0
    if kind == "date":
        return f"2024-01-{1 + number % 28:02}"
    if kind.startswith("timestamp"):
        return f"2024-01-{1 + number % 28:02} 12:00:00"
    return number % 7


def build_county(path: Path) -> Path:
    """Write the county's warehouse; each relation has a column ``row_id`` of its own beside those of its contract."""
    with duckdb.connect(str(path)) as connection:
        for (schema, name), columns in contracts().items():
            connection.execute(f"create schema if not exists {schema}")
            typed = ", ".join(f"{column} {kind.replace('string', 'varchar')}" for column, kind in columns.items())
            connection.execute(f"create table {schema}.{name} ({typed}, row_id integer)")
            if (schema, name) == ("marts", "dim_entities"):
                rows = [[_value(c, k, 0, place) for c, k in columns.items()] for place in PLACES]
            else:
                places = PLACES if not STUDENT_COLUMNS & set(columns) or "entity_level" in columns else SCHOOLS
                rows = [
                    [_value(column, kind, number, place) for column, kind in columns.items()]
                    for place in places
                    for number in range(ROWS_OF_A_PLACE)
                ]
            values = ", ".join(
                "(" + ", ".join("null" if value is None else f"'{value}'" for value in (*row, number)) + ")"
                for number, row in enumerate(rows)
            )
            connection.execute(f"insert into {schema}.{name} values {values}")
    return path


def with_row_ids(warehouse: Path, path: Path) -> Path:
    """A copy of a built warehouse's served schemas in which every row has a ``row_id``."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"attach '{warehouse}' as built (read_only)")
        for schema, name in connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'built' and table_schema in ('marts', 'open_data') order by all"
        ).fetchall():
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                f"create table {schema}.{name} as "
                f"select *, (row_number() over ())::integer - 1 as row_id from built.{schema}.{name}"
            )
        connection.execute("detach built")
    return path
