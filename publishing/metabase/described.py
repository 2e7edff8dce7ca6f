"""What tables and columns are, in Metabase's own catalogue, from what dbt's project says of them.

Only where people ask questions of their own: in a district's connection nobody does. PostgreSQL has the same words as
comments, and Metabase reads them with the tables; what has changed since is written over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from attendance.project import DbtProject
from publishing.metabase import bodies
from publishing.metabase.there import read_tables
from publishing.metabase.transport import Metabase, MetabaseError
from publishing.metabase.wanted import Connection
from publishing.serving.access import Relation, visible

# Seconds between two looks, and until we give up.
LOOK_EVERY = 3.0
LOOK_FOR = 900.0


@dataclass(frozen=True)
class Words:
    """What a table is, and each of its columns."""

    table: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Description:
    """A description that is not as it should be: of a table, or of one of its columns, by Metabase's number for it."""

    connection: str
    table: str
    column: str | None
    number: int
    text: str


def words_for(connection: Connection, relations: Sequence[Relation], project: DbtProject) -> dict[str, Words]:
    """What a connection's tables and columns are to be called, by table as a query names it."""
    found = {}
    for relation in relations:
        table = project.by_label.get(relation.label)
        if table is None or visible(relation, connection.role) is None:
            continue
        if connection.role.kind == "public" and relation.access != "open":
            continue
        found[relation.label] = Words(
            table.description,
            {column.name: column.description for column in table.columns if column.name in relation.columns},
        )
    return found


def compare(
    connection: str, words: Mapping[str, Words], tables: Sequence[Mapping[str, Any]]
) -> tuple[list[Description], list[str]]:
    """What is to be written, and the tables that Metabase does not know, or not with all of their columns."""
    there = {f"{table.get('schema')}.{table['name']}": table for table in tables}
    different: list[Description] = []
    unknown = []
    for label, said in words.items():
        table = there.get(label)
        fields = {one["name"]: one for one in table.get("fields") or []} if table else {}
        if table is None or set(said.columns) - set(fields):
            unknown.append(label)
            continue
        if said.table and said.table != (table.get("description") or ""):
            different.append(Description(connection, label, None, table["id"], said.table))
        different += [
            Description(connection, label, name, fields[name]["id"], text)
            for name, text in said.columns.items()
            if text and text != (fields[name].get("description") or "")
        ]
    return different, unknown


def wait_for_tables(
    metabase: Metabase, connection: str, database: int, words: Mapping[str, Words]
) -> list[Description]:
    """Have Metabase look at its tables until it knows all of ours; returns what is then to be written.

    Raises MetabaseError where it does not in a quarter of an hour.
    """
    metabase.post(f"/api/database/{database}/sync_schema", {})
    waited = 0.0
    while True:
        different, unknown = compare(connection, words, read_tables(metabase, database))
        if not unknown:
            return different
        if waited >= LOOK_FOR:
            raise MetabaseError(
                f"Metabase does not know {unknown[0]} after {LOOK_FOR / 60:.0f} minutes ({len(unknown)} tables are "
                f"missing in the connection {connection}). All else is published. Look at Admin settings, Databases, "
                "Sync database schema, and its log; then run the command again."
            )
        metabase.pause(LOOK_EVERY)
        waited += LOOK_EVERY


def write(metabase: Metabase, descriptions: Sequence[Description]) -> None:
    """Write them, one by one: Metabase takes no more at a time."""
    for one in descriptions:
        what = f"the description of {one.table}{f'.{one.column}' if one.column else ''}"
        if one.column is None:
            metabase.put(f"/api/table/{one.number}", bodies.body(bodies.TableWords, what, {"description": one.text}))
        else:
            metabase.put(f"/api/field/{one.number}", bodies.body(bodies.FieldWords, what, {"description": one.text}))
