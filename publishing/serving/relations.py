"""What there is to see: each relation of the warehouse with its declared audience, from dbt's files and the file.

An audience stands once, as ``config.meta.access`` in the relation's yml beside its SQL. Nothing has one by default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

import duckdb
import yaml

from publishing.errors import PublishingError

# open:       may leave the building: everybody, public_reader among them
# shared:     tells of no student: everybody with a login of the staff's
# aggregates: counts of the whole county that no place may see: the county office alone
# county:     how the warehouse is run: county analysts alone
# places:     a row is of an entity: a district sees its own and its schools', a school its own, the county office all
# students:   a row is of a student: the same, and no support role
Access: TypeAlias = Literal["open", "shared", "aggregates", "county", "places", "students"]
ACCESSES: tuple[Access, ...] = get_args(Access)

BY_PLACE: frozenset[Access] = frozenset({"places", "students"})
PLACE_COLUMNS = ("district_code", "school_code")
# a student, and what is one student's
STUDENT_COLUMNS = frozenset({"student_key", "intervention_key", "case_key", "list_key"})
SERVED = ("marts", "open_data")

# of the two safe ones the quick one, where the machine has it
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ALIAS = re.compile(r"""\balias\s*=\s*['"](\w+)['"]""")


class AccessError(PublishingError):
    """Nobody may see a relation as it is declared; the message names it and says what to do."""


@dataclass(frozen=True)
class Relation:
    """A relation that is served. Raises AccessError where its audience and its columns do not fit together."""

    schema: str
    name: str
    columns: tuple[str, ...]
    access: Access

    def __post_init__(self) -> None:
        """Fail closed: what is not declared, or cannot be told apart by place, is seen by nobody."""
        if self.access not in ACCESSES:
            raise AccessError(
                f"{self.label} has access: {self.access}, which is none of {', '.join(ACCESSES)}. Mend its yml."
            )
        missing = [column for column in PLACE_COLUMNS if column not in self.columns]
        if self.access in BY_PLACE and missing:
            raise AccessError(
                f"{self.label} is declared access: {self.access}, but has no {' and no '.join(missing)} by which a "
                "district's rows are told from another's. Add them (macro codes_of), or declare another audience."
            )
        if self.is_student_level and self.access != "students":
            raise AccessError(
                f"{self.label} has {', '.join(sorted(STUDENT_COLUMNS & set(self.columns)))}: it is of students, and "
                f"access: {self.access} would show them. Declare access: students."
            )
        if self.access == "students" and not self.is_student_level:
            raise AccessError(f"{self.label} is declared access: students, but has none of their keys.")
        if (self.schema == "open_data") != (self.access == "open"):
            raise AccessError(
                f"{self.label} is declared access: {self.access}. What is in open_data is open, and nothing else is."
            )

    @property
    def label(self) -> str:
        """As a query names it."""
        return f"{self.schema}.{self.name}"

    @property
    def is_student_level(self) -> bool:
        """Whether a row is of one student."""
        return bool(STUDENT_COLUMNS & set(self.columns))

    @property
    def first_index_columns(self) -> tuple[str, ...]:
        """The columns with which every index must begin, so that no plan reads another district's rows by a key."""
        return PLACE_COLUMNS if self.access in BY_PLACE else ()


def declared_access(models: Path) -> dict[tuple[str, str], str | None]:
    """``config.meta.access`` of each model in ``models``/marts and /open_data, by schema and relation; None: not said.

    models: the folder ``dbt_project/models``
    """
    found: dict[tuple[str, str], str | None] = {}
    for schema in SERVED:
        for path in sorted((models / schema).glob("*.yml")):
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe one
            for model in (content or {}).get("models", ()):
                meta = _below(model, "config", "meta")
                access = meta.get("access")
                found[schema, _relation_name(path.parent, model["name"])] = None if access is None else str(access)
    return found


def _below(content: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        content = content.get(key) or {}
    return content


def _relation_name(folder: Path, model: str) -> str:
    sql = folder / f"{model}.sql"
    named = _ALIAS.search(sql.read_text(encoding="utf-8")) if sql.is_file() else None
    return named.group(1) if named else model


def relations_of(
    models: Path, warehouse: duckdb.DuckDBPyConnection, schemas: Sequence[str] = SERVED
) -> tuple[Relation, ...]:
    """Every relation of the warehouse's served schemas, in order; raises AccessError where one is not declared.

    models: the folder ``dbt_project/models``; columns are those that the warehouse has, whatever a contract says.
    """
    declared = declared_access(models)
    columns: dict[tuple[str, str], list[str]] = {}
    for schema, name, column in warehouse.execute(
        "select table_schema, table_name, column_name from information_schema.columns "
        "where list_contains(?, table_schema) order by table_schema, table_name, ordinal_position",
        [list(schemas)],
    ).fetchall():
        columns.setdefault((schema, name), []).append(column)
    found = []
    for (schema, name), names in columns.items():
        access = declared.get((schema, name))
        if access is None:
            raise AccessError(
                f"{schema}.{name} says not who may see it, so nobody may. Add access: to config.meta in its yml in "
                f"{models / schema}: one of {', '.join(ACCESSES)} (docs/access.md)."
            )
        found.append(Relation(schema, name, tuple(names), cast("Access", access)))
    return tuple(found)
