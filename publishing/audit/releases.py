"""What was released before, and what it tells of what is released now.

Each distinct release leaves a small Parquet file in ``released`` under the runtime home, readable by its owner only:
the counts as they were shown and the reasons as they were given, nothing that was not public. The name is the time and
a digest of the content; the same content released again leaves nothing new.

An attacker lays two releases side by side. Where a family of an entity and year (its races, say) has the same total and
every cell that both show is equal, the hidden ones are taken to be unchanged: what one release shows, the other no
longer hides.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from attendance.settings import Settings
from publishing.audit.knowledge import gather_figures
from publishing.audit.public import read_public

_CELLS = "school_year, entity_level, cds_code, topic, item, family, source, n, c, reason"
_PATTERN = "release-*.parquet"


@dataclass(frozen=True)
class Release:
    """One earlier release.

    moment: when it was recorded, ``2026-08-01T04:30:00Z``
    digest: of its content, the first sixteen digits
    """

    path: Path
    moment: str
    digest: str

    def __str__(self) -> str:
        """As a report names it."""
        return f"the release of {self.moment} ({self.digest})"


def folder(settings: Settings) -> Path:
    """Where the record of releases lies."""
    return settings.home / "released"


def releases(settings: Settings) -> tuple[Release, ...]:
    """The releases on record, oldest first."""
    found = []
    for path in sorted(folder(settings).glob(_PATTERN)):
        _, stamp, digest = path.stem.split("-")
        moment = datetime.strptime(stamp, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
        found.append(Release(path, f"{moment:%Y-%m-%dT%H:%M:%SZ}", digest))
    return tuple(found)


def record_release(settings: Settings, database: Path) -> Release | None:
    """Put what a database file shows on record; None where the latest release on record is the same."""
    connection = read_public(database).connection
    gather_figures(connection, None)
    # values as they are shown: figures that are hidden have none, and those of no table are not recorded
    connection.execute(f"create table shown as select {_CELLS} from figures where topic <> 'rest' order by all")
    digest = _digest(connection)
    earlier = releases(settings)
    if earlier and earlier[-1].digest == digest:
        return None
    _make_folder(settings)
    now = datetime.now(UTC)
    path = folder(settings) / f"release-{now:%Y%m%dT%H%M%S%fZ}-{digest}.parquet"
    _write(connection, "select * from shown", path)
    return Release(path, f"{now:%Y-%m-%dT%H:%M:%SZ}", digest)


def _digest(connection: duckdb.DuckDBPyConnection) -> str:
    digest = hashlib.sha256()
    cursor = connection.execute("select * from shown order by all")
    while rows := cursor.fetchmany(50_000):
        digest.update(repr(rows).encode())
    return digest.hexdigest()[:16]


def _make_folder(settings: Settings) -> None:
    folder(settings).mkdir(parents=True, exist_ok=True)
    folder(settings).chmod(0o700)


def _write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write a Parquet file that only its owner can read, whole or not at all."""
    unfinished = path.with_name(f".{path.name}-unfinished")
    os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    try:
        quoted = str(unfinished).replace("'", "''")
        connection.execute(f"copy ({query}) to '{quoted}' (format parquet, compression zstd)")
        unfinished.chmod(0o600)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def held_cells(settings: Settings) -> Path:
    """A Parquet file of the cells that the latest release hid only to protect others (label complement).

    One row is one school year, entity and reporting category. The suppression may read it, so that the companions it
    chooses stay the same from night to night; without a release the file has no rows.
    """
    _make_folder(settings)
    path = folder(settings) / "held_cells.parquet"
    earlier = releases(settings)
    columns = "school_year, entity_level, cds_code, item as reporting_category"
    connection = duckdb.connect(":memory:")
    if earlier:
        quoted = str(earlier[-1].path).replace("'", "''")
        query = (
            f"select {columns} from read_parquet('{quoted}') "
            "where topic = 'category' and reason = 'complement' order by all"
        )
    else:
        query = (
            "select ''::varchar as school_year, ''::varchar as entity_level, ''::varchar as cds_code, "
            "''::varchar as reporting_category where false"
        )
    _write(connection, query, path)
    return path


@dataclass(frozen=True)
class Exposed:
    """A count that an earlier release hid and this one would show, where nothing else has changed."""

    cell: int
    release: Release


def remember(connection: duckdb.DuckDBPyConnection, earlier: Sequence[Release]) -> tuple[Exposed, ...]:
    """Write what earlier releases tell into ``figures``; the cells that this release would give away of them.

    A figure that is hidden now and was shown in a family that has not changed since is known, and says from where.
    """
    exposed: dict[int, Exposed] = {}
    for release in reversed(earlier):
        connection.execute("create or replace temp table before as select * from read_parquet(?)", [str(release.path)])
        connection.execute(
            """
            create or replace temp table side_by_side as
            with totals as (
                select now.school_year, now.cds_code
                from figures as now inner join before using (school_year, cds_code, topic, item)
                where now.topic = 'category' and now.item = 'TA' and not now.is_n_hidden and not now.is_c_hidden
                    and now.n = before.n and now.c = before.c
            ),
            pairs as (
                select now.f, now.school_year, now.cds_code, now.topic, now.family, before.n, before.c,
                    before.reason is not null and before.n is null as was_n_hidden,
                    before.reason is not null and before.c is null and now.has_chronic as was_c_hidden,
                    now.is_n_hidden, now.is_c_hidden, now.n as n_now, now.c as c_now,
                    (not now.is_n_hidden and now.n <> before.n) or (not now.is_c_hidden and now.c <> before.c)
                        as differs,
                    before.cds_code is null or now.f is null as is_new
                from figures as now
                full join before using (school_year, cds_code, topic, item)
                semi join totals using (school_year, cds_code)
                where coalesce(now.topic, '') <> 'rest'
            ),
            changed as (
                select school_year, cds_code, topic, family
                from pairs group by all having coalesce(bool_or(differs), false) or bool_or(is_new)
            )
            select * from pairs anti join changed using (school_year, cds_code, topic, family)
            """
        )
        for m, letter in enumerate("nc"):
            connection.execute(
                f"""
                update figures set {letter} = side_by_side.{letter}, {letter}_lower = side_by_side.{letter},
                    {letter}_upper = side_by_side.{letter}, {letter}_source = ?
                from side_by_side
                where figures.f = side_by_side.f and side_by_side.is_{letter}_hidden and figures.{letter} is null
                    and side_by_side.{letter} is not null
                """,
                [str(release)],
            )
            for (f,) in connection.execute(
                f"select f from side_by_side "
                f"where was_{letter}_hidden and not is_{letter}_hidden and {letter}_now is not null"
            ).fetchall():
                exposed.setdefault(2 * f + m, Exposed(2 * f + m, release))
    return tuple(exposed[cell] for cell in sorted(exposed))
