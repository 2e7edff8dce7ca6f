"""Fifty people who read without a pause, each in one of the ways in which clients ask; run as a process of its own.

Each reads a version from several tables, in one statement or in one transaction, and must find one version only. Prints
as JSON how often they read, which versions they saw in which order, and the longest wait; fails at the first error.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg

READERS = 50
ROWS = 400
PAUSE = 0.1
JOINED = """
    select min(least(l.version, r.version, o.version)), max(greatest(l.version, r.version, o.version)), count(*)
    from marts.stamp_left as l
    join marts.stamp_right as r on r.id = l.id
    join open_data.goal_counts as o on o.id = l.id
"""
TABLES = ("marts.stamp_left", "open_data.goal_counts", "marts.stamp_right")
Read = Callable[[psycopg.AsyncConnection], Awaitable[set[int]]]


def _one_of(row: Any) -> set[int]:
    assert row[2] == ROWS, f"{row[2]} rows instead of {ROWS}"
    return {row[0], row[1]}


async def by_simple_protocol(connection: psycopg.AsyncConnection) -> set[int]:
    """The text of one statement."""
    async with psycopg.AsyncClientCursor(connection) as cursor:
        await cursor.execute(JOINED)
        return _one_of(await cursor.fetchone())


async def prepared(connection: psycopg.AsyncConnection) -> set[int]:
    """A statement that the server prepared once and plans no more."""
    cursor = await connection.execute(JOINED, prepare=True)
    return _one_of(await cursor.fetchone())


async def with_parameters(connection: psycopg.AsyncConnection) -> set[int]:
    """The extended protocol, parsed each time."""
    cursor = await connection.execute(f"{JOINED} where l.id >= %s", (0,), prepare=False)
    return _one_of(await cursor.fetchone())


async def _in_a_transaction(connection: psycopg.AsyncConnection, isolation: psycopg.IsolationLevel) -> set[int]:
    await connection.set_isolation_level(isolation)
    found: set[int] = set()
    async with connection.transaction():
        for table in TABLES:
            cursor = await connection.execute(f"select min(version), max(version), count(*) from {table}")
            found |= _one_of(await cursor.fetchone())
            await asyncio.sleep(0.01)
    return found


async def repeatable(connection: psycopg.AsyncConnection) -> set[int]:
    """Three tables in one snapshot, the first of which is not looked at before it is taken."""
    await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
    async with connection.transaction():
        await connection.execute("select 1")
        await asyncio.sleep(0.05)
        found = set()
        for table in TABLES:
            cursor = await connection.execute(f"select min(version), max(version), count(*) from {table}")
            found |= _one_of(await cursor.fetchone())
    return found


async def committed(connection: psycopg.AsyncConnection) -> set[int]:
    """Three statements of one transaction, each with a snapshot of its own."""
    return await _in_a_transaction(connection, psycopg.IsolationLevel.READ_COMMITTED)


WAYS: tuple[Read, ...] = (by_simple_protocol, prepared, with_parameters, repeatable, committed)


async def read(address: str, way: Read, stop: Path, told: dict[str, Any]) -> None:
    """Read in one way until the file is there."""
    async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
        last = 0
        while not stop.exists():
            began = time.monotonic()
            found = await way(connection)
            told["longest"] = max(told["longest"], time.monotonic() - began)
            assert len(found) == 1, f"{way.__name__} saw a mixture: {sorted(found)}"
            (version,) = found
            assert version >= last, f"{way.__name__} saw {version} after {last}"
            last = version
            told["versions"].add(version)
            told["reads"][way.__name__] = told["reads"].get(way.__name__, 0) + 1
            # the machine is also to publish meanwhile
            await asyncio.sleep(PAUSE)


async def main(address: str, stop: Path) -> None:
    """All of them until the file is there."""
    told: dict[str, Any] = {"reads": {}, "versions": set(), "longest": 0.0}
    async with asyncio.TaskGroup() as group:
        for number in range(READERS):
            group.create_task(read(address, WAYS[number % len(WAYS)], stop, told))
    print(json.dumps({**told, "versions": sorted(told["versions"])}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
