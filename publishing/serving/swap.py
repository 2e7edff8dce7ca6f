"""Fresh schemas take the place of those that people read, in one transaction, and nobody sees it half done.

Three things could go wrong for who reads at that moment, and each has its answer here:

- A statement looks up its tables one after another, and a rename takes no lock: it could find one table of the old
  and one of the new. So every old table is locked first; who has begun to read finishes, who comes next waits.
- While we wait for one reader, another may wait for us, and PostgreSQL would end one of the two when its
  ``deadlock_timeout`` is over. So we give up well before, let everybody through, and try again.
- A transaction that reads a snapshot from before the load would find the new tables empty. So we wait until no such
  snapshot is left.

Each schema carries its release in its comment, wherever it is moved: what has to be done follows from what is there,
and a swap that was killed is made good by asking for it again.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg.rows import tuple_row

from publishing.errors import PublishingError
from publishing.serving.catalog import SCHEMAS, quoted, text

NEXT, BEFORE, LEFT = "_next", "_before", "_left_"
# Milliseconds for one lock and for all of them: well below PostgreSQL's own deadlock_timeout of a second.
ONE_LOCK, ALL_LOCKS = 150, 500
# Seconds to wait for readers before a publication gives up.
PATIENCE = 1800.0
SECONDS_FOR_OTHERS = 60.0
# Seconds that a removal waits for who still reads what is removed; the next publication tries again.
SECONDS_TO_REMOVE = 5
# Of those who are in the way, so many are named, the longest first.
NAMED = 5
# Any number will do that nothing else on the server locks.
LOCK = 0x617474656E64

# Schemas of ours, as PostgreSQL matches names: those that people read, and the others of a publication.
OURS = rf"^({'|'.join(SCHEMAS)})({NEXT}|{BEFORE}|{LEFT}\w+)?$"
RELEASE = re.compile(r"release ([0-9a-f]{16})$")
SAYS = {
    "marts": "The county's marts: one row is what each table's comment says.",
    "open_data": "What may leave the building: suppressed and audited.",
}


class SwapError(PublishingError):
    """The schemas did not change places; the message says who is in the way, and what to do."""


def comment_with(schema: str, release: str) -> str:
    """What a schema's comment says, its release at the end."""
    return f"{SAYS[schema]} Attendance warehouse, release {release}"


@contextmanager
def alone(connection: psycopg.Connection, application: str) -> Iterator[None]:
    """Hold the lock of publications on this server, and end what a killed publication left running."""
    until = time.monotonic() + SECONDS_FOR_OTHERS
    while not _one(connection, f"select pg_try_advisory_lock({LOCK})"):
        if time.monotonic() > until:
            raise SwapError("Another publication is at work on this PostgreSQL. Wait for it to end.")
        time.sleep(0.2)
    try:
        # a server goes on with what it was asked to do until it looks whether the asker is there
        connection.execute(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity "
            "where application_name = %s and usename = current_user and datname = current_database() "
            "and pid <> pg_backend_pid()",
            (application,),
        )
        yield
    finally:
        if not connection.broken:
            connection.execute(f"select pg_advisory_unlock({LOCK})")


def _one(connection: psycopg.Connection, sql: str, values: Sequence[object] = ()) -> Any:  # noqa: ANN401 - a value of the database
    row = connection.execute(sql, values or None).fetchone()
    return row[0] if row else None


def _ours(connection: psycopg.Connection) -> dict[str, str | None]:
    """Every schema that has one of our names, with its release."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(
            "select nspname, obj_description(oid, 'pg_namespace') from pg_namespace where nspname ~ %s",
            (OURS,),
        ).fetchall()
    releases = {name: RELEASE.search(comment or "") for name, comment in rows}
    return {name: found[1] if found else None for name, found in releases.items()}


def served(connection: psycopg.Connection) -> str | None:
    """The release that people read; None where there is none."""
    return _ours(connection).get(SCHEMAS[0])


def holds(connection: psycopg.Connection, release: str) -> bool:
    """Whether all schemas of a release are there, under whatever name."""
    there = {_base(name) for name, found in _ours(connection).items() if found == release}
    return there == set(SCHEMAS)


def _base(name: str) -> str:
    return next(schema for schema in SCHEMAS if name == schema or name.startswith(f"{schema}_"))


def refuse_strangers(connection: psycopg.Connection) -> None:
    """SwapError where a schema of our name is not of our making."""
    for schema in SCHEMAS:
        if _ours(connection).get(schema, "") is None:
            raise SwapError(
                f"Nothing was published. PostgreSQL has a schema {schema} that no publication made. Rename it, or name "
                "another database in ATTENDANCE_POSTGRES."
            )


# ---- who may enter ----


def _readers(cursor: psycopg.Cursor[Any], schema: str) -> tuple[str, ...]:
    rows = cursor.execute(
        "select distinct case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end "
        "from pg_namespace, aclexplode(nspacl) where nspname = %s and grantee <> nspowner and privilege_type = 'USAGE'",
        (schema,),
    ).fetchall()
    return tuple(sorted(row[0] for row in rows))


def close_to_readers(cursor: psycopg.Cursor[Any], schema: str) -> tuple[str, ...]:
    """Let nobody but the owner into a schema; returns who could enter."""
    readers = _readers(cursor, schema)
    if readers:
        cursor.execute(f"revoke all on schema {quoted(schema)} from {', '.join(readers)}")
    return readers


# ---- the swap ----


def wait_for_snapshots(connection: psycopg.Connection, patience: float = PATIENCE) -> None:
    """Wait until every snapshot on this database is of after now: a transaction that has an older one sees no new rows.

    Raises SwapError, which names who is in the way, when patience ends.
    """
    # a transaction of its own, with a number: every snapshot from now on has a higher one below it
    now = _one(connection, "select pg_current_xact_id()::text::numeric % 4294967296")
    older = (
        "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
        "and backend_type in ('client backend', 'parallel worker') "
        # numbers go round: a lower one is less than half a circle behind
        "and backend_xmin is not null "
        f"and ({now} - backend_xmin::text::numeric + 4294967296) % 4294967296 < 2147483648"
    )
    until = time.monotonic() + patience
    while True:
        found = connection.execute(f"select pid, usename, xact_start {older}").fetchall()
        if not found:
            return
        if time.monotonic() > until:
            raise SwapError(_in_the_way(found, patience))
        time.sleep(0.05)


def _in_the_way(found: Iterable[tuple[Any, ...]], patience: float) -> str:
    longest = sorted((since, user, pid) for pid, user, since in found if since)[:NAMED]
    who = ", ".join(f"{user} (process {pid}) since {since:%H:%M:%S}" for since, user, pid in longest) or "(gone now)"
    return (
        f"Nothing was published: for {patience:.0f} seconds someone was reading in one transaction: {who}. What people "
        "read is as it was. Wait for them, or end them with pg_terminate_backend, and publish again."
    )


def arrange(
    connection: psycopg.Connection,
    now: str | None,
    before: str | None,
    readers: Mapping[str, Sequence[str]] | None = None,
    patience: float = PATIENCE,
) -> None:
    """Let people read release ``now`` and keep ``before``, in one transaction; nothing happens where it is so already.

    A freshly loaded schema is preferred to an older one of the same release. ``readers`` may enter then; without it,
    whoever may enter what is replaced. Other schemas of ours go out of the way, until ``remove_others``.

    Raises SwapError where a release is not there or readers do not let us in.
    """
    there = _ours(connection)
    renames: list[tuple[str, str]] = []
    for schema in SCHEMAS:
        wanted = {schema: now, f"{schema}{BEFORE}": before}
        taken: set[str] = set()
        moves: list[tuple[str, str]] = []
        for place, release in wanted.items():
            order = [f"{schema}{NEXT}", place, *sorted(there)] if place == schema else [place, *sorted(there)]
            found = next(
                (n for n in order if release and there.get(n) == release and n not in taken and _base(n) == schema),
                None,
            )
            if found is None:
                if place == schema and release is not None:
                    raise SwapError(f"PostgreSQL does not hold release {release} any more. Publish again.")
                continue
            taken.add(found)
            if found != place:
                moves.append((found, place))
        occupied = [place for place in wanted if place in there and place not in taken]
        # out of the way first, under names that nothing has
        aside = {name: f"{schema}{LEFT}{random.randrange(16**8):08x}" for name in [*occupied, *(m[0] for m in moves)]}  # noqa: S311
        renames += list(aside.items())
        renames += [(aside[name], place) for name, place in moves]
    if renames:
        _rename(connection, renames, readers, patience)


def _rename(
    connection: psycopg.Connection,
    renames: Sequence[tuple[str, str]],
    readers: Mapping[str, Sequence[str]] | None,
    patience: float,
) -> None:
    """All renames in one transaction, as soon as no reader is inside."""
    timeout = _one(connection, "select extract(epoch from current_setting('deadlock_timeout')::interval)::float * 1000")
    one, whole = min(ONE_LOCK, int(timeout / 5)), min(ALL_LOCKS, int(timeout / 2))
    until = time.monotonic() + patience
    pause = 0.02
    while True:
        try:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(f"set local lock_timeout = {one}")
                cursor.execute(f"set local statement_timeout = {whole}")
                # a machine that stands still now lets nobody wait for it
                cursor.execute("set local idle_in_transaction_session_timeout = '5s'")
                _lock(cursor)
                entering = {
                    schema: readers[schema] if readers is not None else close_to_readers(cursor, schema)
                    for schema in SCHEMAS
                }
                for schema in SCHEMAS:
                    close_to_readers(cursor, schema)
                for old, new in renames:
                    cursor.execute(f"alter schema {quoted(old)} rename to {quoted(new)}")
                there = _ours(connection)
                for schema in SCHEMAS:
                    if schema in there and entering[schema]:
                        cursor.execute(f"grant usage on schema {quoted(schema)} to {', '.join(entering[schema])}")
        except (errors.LockNotAvailable, errors.QueryCanceled):
            if time.monotonic() > until:
                raise SwapError(_in_the_way(_holders(connection), patience)) from None
            # whoever waited for us goes first
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
            pause = min(pause * 1.5, 2.0)
        else:
            return


_INSIDE = (
    "from pg_class join pg_namespace on pg_namespace.oid = relnamespace "
    f"where nspname in ({', '.join(text(schema) for schema in SCHEMAS)}) and relkind in ('r', 'p', 'v')"
)


def _lock(cursor: psycopg.Cursor[Any]) -> None:
    """Lock everything that people read, in one statement: its time-out is for all locks together."""
    rows = cursor.execute(f"select nspname, relname {_INSIDE} order by nspname, relname").fetchall()
    if rows:
        names = ", ".join(f"{quoted(schema)}.{quoted(name)}" for schema, name in rows)
        cursor.execute(f"lock table {names} in access exclusive mode")


def _holders(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "select distinct pid, usename, xact_start from pg_stat_activity join pg_locks using (pid) "
        f"where granted and pid <> pg_backend_pid() and relation in (select pg_class.oid {_INSIDE})"
    ).fetchall()


# ---- what is left over ----


def remove_fresh(connection: psycopg.Connection) -> None:
    """Remove what a publication loaded and never swapped in."""
    for schema in SCHEMAS:
        connection.execute(f"drop schema if exists {schema}{NEXT} cascade")


def remove_others(connection: psycopg.Connection) -> None:
    """Remove every schema of ours but those that are read and those that are kept; what is still read stays for now."""
    for name in _ours(connection):
        if name not in {f"{schema}{end}" for schema in SCHEMAS for end in ("", BEFORE)}:
            try:
                with connection.transaction():
                    connection.execute(f"set local lock_timeout = '{SECONDS_TO_REMOVE}s'")
                    connection.execute(f"drop schema {quoted(name)} cascade")
            except errors.LockNotAvailable:
                continue
