"""What was released before, and what it tells of what is released now.

Each distinct release leaves a small Parquet file in ``released`` under the runtime home, readable by its owner only:
the counts as they were shown and the reasons as they were given, nothing that was not public. The name is the time and
a digest of the content; the same content released again leaves nothing new.

An attacker lays two releases side by side. Nobody is told how many students came and went between them, but what both
show of a place tells how much it has moved. No count of a family (the races, say) is taken to have changed by more than
the one that changed most: all students, a member that both show, or one whose label proves a change (a group of 11 that
is now one of ten or fewer). So what one release shows the other hides only within so many more or fewer, and not at all
where nothing has changed. It is the largest change and not the sum: one student who leaves changes all students and a
race, and is one. More came and went where as many came as went; where what is public contradicts the earlier figure, an
attacker goes without it.

Where that leaves a count as far apart as bounds must lie anyway, the earlier release tells nothing. Nor does one from
before a single step as large, though the place came back to nearly where it was: it has been seen to move. Only where
all that both show of a place is equal is it compared all the same.
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
from publishing.audit.public import Rules, read_public

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
    write_private(connection, "select * from shown", path)
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


def write_private(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
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


# What the suppression hides again by itself; of anything else only a release in which nothing has changed is held
# against it, because bands and interventions move although all students stay the same.
_HIDES = "topic in ('category', 'grade', 'month', 'accountability')"


@dataclass(frozen=True)
class Exposed:
    """A count that an earlier release hid and this one would show.

    within: by how many it may have changed since
    """

    cell: int
    release: Release
    within: int


def remember(connection: duckdb.DuckDBPyConnection, earlier: Sequence[Release], rules: Rules) -> tuple[Exposed, ...]:
    """Write what earlier releases tell into ``recalled``; the cells that this release would give away of them.

    One row of ``recalled`` is a measure of a figure that is hidden now and an earlier release that showed it: the least
    and the most that it can be now. A release that says no more than a later one has no row. One row of ``told`` is
    such a measure that a release showed by its rule, however long ago. One of ``still_known`` is a measure of a figure,
    hidden now or shown, that an earlier release tells nearly: hidden from now on, it would be hidden from nobody.
    """
    exposed: dict[int, Exposed] = {}
    connection.execute(
        """
        create or replace temp table after as
        select school_year, cds_code, n, c, null::hugeint as digest
        from figures where topic = 'category' and item = 'TA';
        create or replace temp table steps as
        select distinct school_year, cds_code, 0.0 as n, 0.0 as c from figures
        """
    )
    for release in reversed(earlier):
        _open(connection, release)
        for m, letter in enumerate("nc"):
            _lay_side_by_side(connection, letter, rules)
            connection.execute(
                """
                insert into recalled
                with known as (select f, max(lower) as lower, min(upper) as upper from recalled where m = $m group by f)
                select side_by_side.f, $m, side_by_side.before - within, side_by_side.before + within, $release
                from side_by_side left join known using (f)
                where side_by_side.is_hidden and side_by_side.before is not null
                    and (known.f is null or side_by_side.before - within > known.lower
                        or side_by_side.before + within < known.upper)
                """,
                {"m": m, "release": str(release)},
            )
            connection.execute(
                "insert into still_known select f, $m from side_by_side where before is not null", {"m": m}
            )
            connection.execute(
                f"""
                insert into told
                select now.f, {m} from figures as now inner join before using (school_year, cds_code, topic, item)
                where now.is_{letter}_hidden and before.{letter} is not null
                    and coalesce(before.n > {rules.largest_hidden_group}, true)
                """
            )
            for f, within in connection.execute(
                "select f, within from side_by_side where was_hidden and not is_hidden and now is not null"
            ).fetchall():
                exposed.setdefault(2 * f + m, Exposed(2 * f + m, release, int(within)))
    return tuple(exposed[cell] for cell in sorted(exposed))


def _open(connection: duckdb.DuckDBPyConnection, release: Release) -> None:
    """Make the table ``before`` of one earlier release, and ``compared``: the places of which it may tell anything.

    Of one release after the other, the latest first. Left out are places that the release after it shows just the same.

    n_step, c_step: by how many all students of a place, and the chronically absent, have changed between two releases,
        at most, from this one to now: one that has moved far and come back is not taken to be where it was
    is_unmoved:     all students and the chronically absent are as many as then
    is_as_it_was:   so is whatever both show of the place, as after a file that was wrong and is sent again
    """
    connection.execute("create or replace temp table before as select * from read_parquet(?)", [str(release.path)])
    connection.execute(
        """
        create or replace temp table totals as
        select school_year, cds_code, any_value(n) filter (is_whole) as n, any_value(c) filter (is_whole) as c,
            sum(hash(topic, item, n, c, reason)) as digest
        from (select *, topic = 'category' and item = 'TA' as is_whole from before)
        group by all;
        create or replace temp table steps as
        select steps.school_year, steps.cds_code,
            greatest(steps.n, abs(totals.n - after.n)) as n, greatest(steps.c, abs(totals.c - after.c)) as c
        from steps
        left join totals using (school_year, cds_code)
        left join after using (school_year, cds_code);
        create or replace temp table compared as
        with equal as (
            select now.school_year, now.cds_code,
                coalesce(bool_and(now.n = before.n), true) and coalesce(bool_and(now.c = before.c), true)
                    as is_as_it_was
            from figures as now inner join before using (school_year, cds_code, topic, item)
            group by all
        )
        select now.school_year, now.cds_code, steps.n as n_step, greatest(steps.n, steps.c) as c_step,
            now.n = totals.n and now.c = totals.c as is_unmoved, is_as_it_was
        from figures as now
        inner join equal using (school_year, cds_code)
        inner join totals using (school_year, cds_code)
        inner join steps using (school_year, cds_code)
        left join after using (school_year, cds_code)
        where now.topic = 'category' and now.item = 'TA' and totals.digest is distinct from after.digest;
        create or replace temp table after as select * from totals
        """
    )


def _lay_side_by_side(connection: duckdb.DuckDBPyConnection, letter: str, rules: Rules) -> None:
    """Make the table ``side_by_side``: one measure of each figure, then and now, and how far it may have moved.

    Each measure by itself, for who is absent once more is still eligible as before; but who came or went may have been
    chronically absent, so of one release first n, then c. Families are left out that have moved too far to tell
    anything, and those of places whose count of all students one of the two does not show.

    within:  the most that any count of the family has changed by
    is_same: that is nothing, and all students have changed in neither measure
    """
    largest = rules.largest_hidden_group
    connection.execute(
        f"""
        create or replace temp table moves as
        with near as (
            select school_year, cds_code from compared
            where is_as_it_was or 2 * {letter}_step < {rules.narrowest_bounds}
        ),
        rows_of_both as (
            select now.f, school_year, cds_code, topic, item, coalesce(now.family, before.family) as family,
                now.entity_level, coalesce(now.is_{letter}_hidden, false) as is_hidden,
                before.reason is not null and before.{letter} is null and now.has_chronic >= {letter == "c"}
                    as was_hidden,
                before.reason,
                -- a group without a row is nobody
                case when now.f is null then 0 else now.{letter} end as now,
                case when before.cds_code is null then 0 else before.{letter} end as before,
                now.{letter}_lower as lowest, now.{letter}_upper as highest,
                before.cds_code is null and not (topic = 'category' and now.family in ('race', 'gender', 'program'))
                    as is_part
            from (select * from figures semi join near using (school_year, cds_code) where topic <> 'rest') as now
            full join (select * from before semi join near using (school_year, cds_code)) as before
                using (school_year, cds_code, topic, item)
        )
        select *,
            case
                when now is not null and before is not null then abs(now - before)
                when not {_HIDES} then null
                when now is not null and reason in ('small_group', 'star') then greatest(now - {largest}, 0)
                when now is not null and reason = 'complement' and {letter == "n"} then greatest({largest + 1} - now, 0)
                when before is not null and is_hidden then greatest(lowest - before, before - highest, 0)
            end as moved
        from rows_of_both;
        create or replace temp table moved_{letter} as
        with totals as (
            select school_year, cds_code, moved from moves
            -- shown in both: of a hidden one there is no move, or only the least
            where topic = 'category' and item = 'TA' and now is not null and before is not null
        ),
        families as (
            select school_year, cds_code, topic, family, coalesce(max(moved), 0) as moved from moves group by all
        )
        select families.school_year, families.cds_code, topic, family, greatest(families.moved, totals.moved) as within,
            families.moved = 0 and totals.moved = 0 as is_same
        from families inner join totals
            on families.school_year = totals.school_year and families.cds_code = totals.cds_code;
        create or replace temp table side_by_side as
        with judged as (
            select moves.f, moves.now, is_hidden, was_hidden, {_HIDES} as hides,
                -- a part of a small group has no row either, though there may be students
                case when not is_part then moves.before end as before,
                -- who came or went may be chronically absent, whoever else is
                greatest(families.within, heads.within) as within,
                families.is_same and heads.is_same and coalesce(compared.is_unmoved, false) as is_same
            from moves
            inner join moved_{letter} as families using (school_year, cds_code, topic, family)
            left join moved_n as heads using (school_year, cds_code, topic, family)
            inner join compared using (school_year, cds_code)
            where moves.f is not null
        )
        select * from judged where is_same or (hides and 2 * within < {rules.narrowest_bounds})
        """
    )
