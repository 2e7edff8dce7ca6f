"""What else to hide where a hidden count is not safe: of what gives it away, the shown counts that cost least.

The suppression sees how bounds pass from sum to sum; a linear program sees sums of sums. What only the attack finds is
mended here, by what is public alone, and kept in a file that dbt reads before it hides anything: the company of a count
stays the same from one publication to the next.

What is hidden must be safe itself, and often needs company too. A build and an attack of everything takes minutes, so
what is named is first tried on the tables as they are, at the places it is about, until nothing there is unsafe.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import astuple, dataclass, replace
from functools import partial
from pathlib import Path

import duckdb
import numpy as np

from attendance.settings import Settings
from publishing.audit.attack import Attack, System, attack
from publishing.audit.explain import used
from publishing.audit.knowledge import MEASURES, Knowledge

# Figures of more readers, and wholes, are hidden last.
_DEARER = {"school": 1, "district": 10, "county": 1000}
_WHOLES = frozenset({"TA", "ALL", "GRTK8", "GR912"})
_DEARER_WHOLE = 30
# Who has seen an earlier release knows it nearly, though it be hidden now: company only where there is no other.
_DEARER_STILL_KNOWN = 1_000_000
# One is often not enough. A place that was given company before, and is still told too closely, is given as much again.
_AT_A_TIME = 2
# How often what is named is tried before everything is built and attacked again.
_TRIALS = 12
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


def enough_company(
    read: Callable[[Callable[[duckdb.DuckDBPyConnection], None]], Knowledge],
    found: Attack,
    exposed: Sequence[int] = (),
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Company, ...]:
    """Shown counts that, hidden too, leave none unsafe, as far as the places can tell through which a proof passes.

    read:    the same knowledge anew, after a function has changed its table ``figures``
    exposed: what an earlier release hid, to be hidden again
    say:     is told after each trial how far it has come, for on a whole county one may take a minute
    """
    cells, first = set(found.unsafe.tolist()), found
    near = set(cells)
    chosen: set[Company] = set()
    knowledge = read(lambda _: None)
    for _ in range(_TRIALS):
        more = set(company(knowledge, found, exposed, chosen)) - chosen
        if not more:
            break
        chosen |= more
        # what gave a count away often passes through schools of which nothing else is asked
        near |= {each for cell in found.unsafe for each in _passed_through(found, int(cell))}
        knowledge = read(partial(_hide, chosen=frozenset(chosen)))
        cells |= _hidden_cells(knowledge)
        near |= cells
        found = attack(_around(knowledge, cells, near, first), knowledge.rules.narrowest_bounds)
        say(f"  with {len(chosen):,} more hidden, {len(found.unsafe):,} counts are not safe")
        if not len(found.unsafe):
            break
    return tuple(sorted(chosen))


def company(
    knowledge: Knowledge, found: Attack, exposed: Sequence[int] = (), given: Collection[Company] = ()
) -> tuple[Company, ...]:
    """Shown counts for each unsafe one that needs them, and those that an earlier release hid.

    given: what was named before; places that had some are given more

    Nothing where no relation has one that may be hidden.
    """
    offers = _offers(knowledge, exposed)
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
        offered = [offers[each] for each in np.unique(part.column).tolist() if each in offers]
        of_measure = [offer for offer in offered if offer[1] % 2 == cell % 2]
        many = max(_AT_A_TIME, had[places[int(cell) // 2]])
        for _, figure, one in sorted(of_measure or offered)[:many]:
            chosen[figure] = one
            helped.update(
                row
                for row in rows
                if np.any(
                    found.system.column[found.system.start[row] : found.system.start[row + 1]] // 2 == figure // 2
                )
            )
    return tuple(sorted(set(chosen.values())))


def _hide(connection: duckdb.DuckDBPyConnection, chosen: Collection[Company]) -> None:
    """Hide these in ``figures`` as the suppression does: a head-count takes its chronic count with it."""
    connection.execute(f"create or replace temp table chosen ({_COLUMNS})")
    connection.executemany("insert into chosen values (?, ?, ?, ?, ?, ?)", [list(astuple(one)) for one in chosen])
    connection.execute(
        "create or replace temp table to_hide as "
        f"select f, measure from ({_NAMED}) as named "
        "inner join chosen using (school_year, entity_level, cds_code, topic, part) where n is not null"
    )
    smallest = "(select value + 1 from suppression_thresholds where rule = 'largest_hidden_group')"
    for measure, more in (
        ("chronic", "reason = coalesce(figures.reason, 'all_or_none')"),
        (
            "eligible",
            f"n = null, is_n_hidden = true, n_lower = {smallest}, n_upper = null, n_source = null, "
            "reason = 'complement'",
        ),
    ):
        connection.execute(
            f"""
            update figures set c = null, rate = null, is_c_hidden = has_chronic, c_lower = 0, c_upper = null,
                c_source = null, {more}
            from to_hide
            where figures.f = to_hide.f and measure = '{measure}'
            """
        )


def _hidden_cells(knowledge: Knowledge) -> set[int]:
    """The variables that stand for what ``_hide`` has hidden."""
    rows = knowledge.connection.execute("select f from to_hide").fetchall()
    return {2 * f + m for (f,) in rows for m in range(len(MEASURES)) if knowledge.system.judged[2 * f + m]}


def _passed_through(found: Attack, cell: int) -> list[int]:
    """The variables of all relations that give a count away."""
    rows = sorted(used(found.system, found, cell))
    columns: list[int] = np.unique(found.system.rows(np.array(rows, dtype=int)).column).tolist()
    return columns


def _around(knowledge: Knowledge, cells: Collection[int], near: Collection[int], first: Attack) -> System:
    """The system of these cells: the relations that anything of the places near stands in, but for the county's.

    first: tells within what bounds the counts of other places lie
    """
    system = knowledge.system
    figures = np.unique(np.array([*near]) // 2)
    of_places = np.asarray(
        knowledge.connection.execute(
            "with places as (select distinct school_year, cds_code from figures where f in (select unnest(?))) "
            "select f from figures semi join places using (school_year, cds_code)",
            [figures.tolist()],
        ).fetchnumpy()["f"],
        dtype=np.int64,
    )
    inside = np.zeros(len(system.lower), dtype=bool)
    inside[2 * of_places] = inside[2 * of_places + 1] = True
    touched = np.logical_or.reduceat(inside[system.column], system.start[:-1])
    part = system.rows(np.flatnonzero(touched & ~system.far))
    judged = np.zeros(len(system.lower), dtype=bool)
    judged[list(cells)] = True
    return replace(
        part,
        lower=np.where(inside, system.lower, first.lower),
        upper=np.where(inside, system.upper, first.upper),
        judged=judged & system.judged,
    )


# Each figure as dbt names what may be hidden. A Dashboard group of as many students as its category is hidden with it.
_NAMED = """
    select figures.f, figures.school_year, figures.entity_level, figures.cds_code,
        case when figures.topic = 'category' or category.n = figures.n then 'group'
            when figures.topic = 'accountability' then 'dashboard' else figures.topic end as topic,
        case when category.n = figures.n then category.item else figures.item end as part, figures.n, figures.c
    from figures
    left join student_groups on figures.topic = 'accountability' and figures.item = student_groups.student_group
    left join figures as category on figures.school_year = category.school_year
        and figures.cds_code = category.cds_code and category.topic = 'category'
        and category.item = student_groups.reporting_category
    where figures.topic in ('category', 'grade', 'month')
        or (figures.topic = 'accountability' and figures.item <> 'ALL')
"""


def _offers(knowledge: Knowledge, exposed: Collection[int]) -> dict[int, tuple[float, int, Company]]:
    """Each shown count that could be hidden, by its variable: its price, the variable, and its name in dbt.

    exposed: variables that an earlier release hid
    """
    rows = knowledge.connection.execute(
        f"""
        select f, school_year, entity_level, cds_code, topic, part, n, c, coalesce(known, []) as known
        from ({_NAMED}) as named
        left join (select f, list(distinct m) as known from still_known group by f) as still_known using (f)
        where n > ?
            -- of what most people read nothing is hidden for the first time: that is for a person to decide
            and (
                entity_level = 'school'
                or (entity_level = 'district' and part not in ('TA', 'GRTK8', 'GR912'))
                or f in (select unnest(?))
            )
        order by f
        """,
        [knowledge.rules.largest_hidden_group, [cell // 2 for cell in exposed]],
    ).fetchall()
    offers: dict[int, tuple[float, int, Company]] = {}
    for f, year, level, cds, topic, part, n, c, known in rows:
        price = n * _DEARER[level] * (_DEARER_WHOLE if part in _WHOLES else 1)
        for m, measure in enumerate(MEASURES):
            if m == 0 or c is not None:
                dear = price * (_DEARER_STILL_KNOWN if m in known else 1)
                offers[2 * f + m] = (dear, 2 * f + m, Company(year, level, cds, topic, part, measure))
    return offers


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
