"""What else to hide where a hidden count is not safe: of what gives it away, the shown count that costs least.

The suppression sees how bounds pass from sum to sum; a linear program sees sums of sums. What only the attack finds is
mended here, by what is public alone, and kept in a file that dbt reads before it hides anything: the company of a count
stays the same from one publication to the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from attendance.settings import Settings
from publishing.audit.attack import Attack
from publishing.audit.explain import used
from publishing.audit.knowledge import MEASURES, Knowledge

# Figures of more readers, and wholes, are hidden last.
_DEARER = {"school": 1, "district": 10, "county": 1000}
_WHOLES = frozenset({"TA", "ALL", "GRTK8", "GR912"})
_DEARER_WHOLE = 30
# One is often not enough, and each turn costs a build and an attack. A place that was given company before, and is still
# told too closely, is given as much again.
_AT_A_TIME = 2
_COLUMNS = "school_year varchar, entity_level varchar, cds_code varchar, topic varchar, part varchar, measure varchar"


@dataclass(frozen=True, order=True)
class Company:
    """One count to hide: of which year, place, topic and part, as ``int_public_counts`` names them; which measure."""

    school_year: str
    entity_level: str
    cds_code: str
    topic: str
    part: str
    measure: str


def company(
    knowledge: Knowledge, found: Attack, exposed: Sequence[int] = (), given: Sequence[Company] = ()
) -> tuple[Company, ...]:
    """Shown counts for each unsafe one that needs them, and those that an earlier release hid.

    given: what was asked for before; places that had some are given more

    Nothing where no relation has one that may be hidden.
    """
    offers = _offers(knowledge)
    places = dict(knowledge.connection.execute("select f, school_year || cds_code from figures").fetchall())
    had = Counter(one.school_year + one.cds_code for one in given)
    chosen = {cell: offers[cell][2] for cell in exposed if cell in offers}
    helped: set[int] = set()
    for cell in found.unsafe:
        rows = sorted(used(found.system, found, int(cell)))
        if helped.intersection(rows):
            # what was just hidden may be enough for this one too: the next attack tells
            continue
        part = found.system.rows(np.array(rows, dtype=int))
        of_measure = [
            offers[each] for each in np.unique(part.column).tolist() if each in offers and each % 2 == cell % 2
        ]
        any_measure = [offers[each] for each in np.unique(part.column).tolist() if each in offers]
        if not any_measure:
            continue
        many = max(_AT_A_TIME, had[places[int(cell) // 2]])
        for _, figure, one in sorted(of_measure or any_measure)[:many]:
            chosen[figure] = one
            helped.update(
                row
                for row in rows
                if np.any(
                    found.system.column[found.system.start[row] : found.system.start[row + 1]] // 2 == figure // 2
                )
            )
    return tuple(sorted(set(chosen.values())))


def _offers(knowledge: Knowledge) -> dict[int, tuple[float, int, Company]]:
    """Each shown count that could be hidden, by its variable: its price, the variable, and its name in dbt."""
    rows = knowledge.connection.execute(
        """
        select figures.f, school_year, entity_level, cds_code,
            case when topic in ('category', 'accountability') then 'group' else topic end as topic,
            case when topic = 'accountability' then student_groups.reporting_category else item end as part,
            n, c
        from figures left join student_groups
            on figures.topic = 'accountability' and figures.item = student_groups.student_group
        where topic in ('category', 'grade', 'month', 'accountability') and n > ?
            and (topic <> 'accountability' or (item <> 'ALL' and student_groups.reporting_category is not null))
            -- of what most people read nothing is hidden by itself: that is for a person to decide
            and (entity_level = 'school' or item not in ('TA', 'GRTK8', 'GR912'))
            and entity_level <> 'county'
        order by f
        """,
        [knowledge.rules.largest_hidden_group],
    ).fetchall()
    offers: dict[int, tuple[float, int, Company]] = {}
    for f, year, level, cds, topic, part, n, c in rows:
        price = n * _DEARER[level] * (_DEARER_WHOLE if part in _WHOLES else 1)
        for m, measure in enumerate(MEASURES):
            if m == 0 or c is not None:
                offers[2 * f + m] = (price, 2 * f + m, Company(year, level, cds, topic, part, measure))
    return offers


def given_company(settings: Settings) -> tuple[Company, ...]:
    """What was asked for so far."""
    if not settings.company.is_file():
        return ()
    rows = duckdb.execute("select * from read_parquet(?) order by all", [str(settings.company)]).fetchall()
    return tuple(Company(*row) for row in rows)


def add_company(settings: Settings, more: tuple[Company, ...]) -> int:
    """Add to the file that dbt reads, in one step; returns how many are new."""
    settings.company.parent.mkdir(parents=True, exist_ok=True)
    new = settings.company.with_suffix(".new")
    with duckdb.connect() as connection:
        connection.execute(f"create table company ({_COLUMNS})")
        if settings.company.is_file():
            connection.execute("insert into company select * from read_parquet(?)", [str(settings.company)])
        before = _count(connection)
        for one in more:
            connection.execute(
                "insert into company values (?, ?, ?, ?, ?, ?)",
                [one.school_year, one.entity_level, one.cds_code, one.topic, one.part, one.measure],
            )
        connection.execute("create table distinct_company as select distinct * from company order by all")
        connection.execute("drop table company; alter table distinct_company rename to company")
        after = _count(connection)
        connection.execute(f"copy company to '{_literal(new)}' (format parquet)")
    new.replace(settings.company)
    return after - before


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute("select count(*) from company").fetchone()
    return int(found[0]) if found else 0


def _literal(path: Path) -> str:
    return str(path).replace("'", "''")
