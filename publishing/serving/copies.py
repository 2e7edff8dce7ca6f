"""One DuckDB file per audience, with the very rows that the audience's role reads in PostgreSQL.

For who works with files rather than with a server. All files of a publication are written into a folder of their own,
which is named when it is whole; one link leads to the folder that is in use. They are written so that DuckDB clients
from 1.4 on can read them.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb

from publishing.serving.access import Role, visible
from publishing.serving.catalog import SCHEMAS, Table, quoted, text
from publishing.serving.rights import Rights

# As in the profile of dbt.
STORAGE_VERSION = "v1.4.0"
# Bytes. DuckDB's own 256 KB would make most of a small district's file of nothing.
BLOCK = 16_384
PUBLIC, COUNTY = "public", "county"
OPEN = SCHEMAS[1]
# What anybody may have, a web server may read; the rest is for the owner alone to hand out.
FOR_ALL, FOR_OWNER = 0o644, 0o600
# A county's files take minutes: after each so many of them it is said.
TOLD_EACH = 20

# Which rows of a table an audience reads, as SQL that both engines take; None: none, and the table is not in its file.
Rule: TypeAlias = Callable[[Table], str | None]


@dataclass(frozen=True)
class Audience:
    """Who a file is for: the file's name, and what is in it."""

    name: str
    rule: Rule


def audiences(rights: Rights) -> tuple[Audience, ...]:
    """Everybody, the county, and each district that has a role: each with the rows that its role sees in PostgreSQL."""
    districts = {f"district-{role.district}": role for role in rights.roles if role.kind == "district"}
    named = {PUBLIC: Role(name=PUBLIC, kind="public"), COUNTY: Role(name=COUNTY, kind="county"), **districts}
    return tuple(Audience(name, _as_seen_by(role, rights)) for name, role in named.items())


def _as_seen_by(role: Role, rights: Rights) -> Rule:
    relations = {(relation.schema, relation.name): relation for relation in rights.relations}
    return lambda table: visible(relations[table.schema, table.name], role)


def write_copies(
    database: Path,
    tables: Sequence[Table],
    given: Iterable[Audience],
    link: Path,
    release: str,
    *,
    progress: Callable[[str], None] = lambda _line: None,
) -> Path:
    """Write every audience's file into a new folder beside ``link``; returns the folder, which is whole."""
    link.parent.mkdir(parents=True, exist_ok=True)
    name = f"{link.name}-{release}-{secrets.token_hex(3)}"
    scratch = link.with_name(f".{link.name}-unfinished-{name}")
    # nobody else looks into it before each file has its own rights
    scratch.mkdir(mode=0o700)
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"attach {text(str(database))} as source (read_only)")
            open_tables = {table: "true" for table in tables if table.schema == OPEN}
            base = scratch / "base.duckdb"
            _write(connection, open_tables, base)
            for number, audience in enumerate(given, 1):
                path = scratch / f"{audience.name}.duckdb"
                chosen = {table: where for table in tables if (where := audience.rule(table))}
                # what all may read is written once: nearly every file begins as a copy of it
                if open_tables.items() <= chosen.items():
                    shutil.copyfile(base, path)
                    chosen = {table: where for table, where in chosen.items() if table not in open_tables}
                _write(connection, chosen, path)
                path.chmod(FOR_ALL if audience.name == PUBLIC else FOR_OWNER)
                if number % TOLD_EACH == 0:
                    progress(f"  {number} files")
            base.unlink()
        scratch.chmod(0o755)
        folder = link.with_name(name)
        scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return folder


def _write(connection: duckdb.DuckDBPyConnection, chosen: Mapping[Table, str], path: Path) -> None:
    """Add the chosen rows of each table to the file, which need not be there."""
    connection.execute(
        f"attach {text(str(path))} as copy (storage_version {text(STORAGE_VERSION)}, block_size {BLOCK})"
    )
    try:
        # one transaction: the descriptions alone are a thousand statements
        connection.execute("begin")
        for schema in {table.schema: None for table in chosen}:
            connection.execute(f"create schema copy.{schema}")
        for table, where in chosen.items():
            place = f"{quoted(table.schema)}.{quoted(table.name)}"
            connection.execute(f"create table copy.{place} as select * from source.{place} where {where}")
            if table.description:
                connection.execute(f"comment on table copy.{place} is {text(table.description)}")
            for column in table.columns:
                if column.description:
                    connection.execute(
                        f"comment on column copy.{place}.{quoted(column.name)} is {text(column.description)}"
                    )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    finally:
        connection.execute("detach copy")
