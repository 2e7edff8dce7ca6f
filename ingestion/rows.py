"""A delivery's rows in DuckDB: typed, judged, and each one that is not good listed with what is wrong with it.

Tables that this module leaves in the connection:
    judged  the contract's columns under their names in the lake, a pseudonymous one still in clear, and _start: good
            rows only, in the order of their lines
    typed   a view of it: _line, _row (its place in the table), and all of its columns
    faults  line, place, column_name, reason, value, is_rejected: one row per broken rule; where is_rejected is false
            it is a remark on a row that is loaded all the same
    aside   _line, column_name, reason, value: good rows that are left out through no fault of the file: of a period of
            which a later delivery is loaded, or of a school that the registry does not know
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from ingestion.contract import Column, Contract, YearColumn, school_year_of
from ingestion.errors import IngestionError
from ingestion.records import name_literal, path_literal, text_literal
from ingestion.registry import School
from ingestion.rules import Typing

LATER = "a later delivery of"
STRANGER = "is not a school of this LEA in the registry"
OUTSIDE = "is outside the calendar that was sent for its school"
OVERLAPS = "overlaps the dates of line"
FAULTS = "line bigint, place integer, column_name varchar, reason varchar, value varchar, is_rejected boolean"
# the same rule, whichever line it was that stood in the way
SAID = "regexp_replace(reason, 'of line \\d+$', 'of another line')"
NUMBER = "_number"
FOREVER = "date '9999-12-31'"
LONGEST_VALUE = 80  # characters: enough to find it, too few for a free text
IDENTIFIER = "[0-9]{9}"  # nine digits in a row may be a state identifier in the wrong place


@dataclass(frozen=True)
class Fault:
    """How often one rule was broken, and first on which line; a remark where the rows are loaded all the same."""

    column: str | None
    reason: str
    rows: int
    first_line: int
    is_rejected: bool


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query returns, or how many rows a statement wrote."""
    found = connection.execute(query).fetchone()
    if found is None:
        raise IngestionError(f"A query that counts returned nothing: {query}")
    return int(found[0])


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop ``typed`` and ``judged``, which outlive the connection; the other tables end with it."""
    connection.execute("drop view if exists typed")
    connection.execute("drop table if exists judged")


def make_typed(connection: duckdb.DuckDBPyConnection, contract: Contract, typing: Typing, records: str) -> None:
    """Make ``judged`` and ``typed`` of records that are lines, and list in ``faults`` what is wrong with the others.

    Every record is then in ``typed`` or in ``faults``, never in both.
    """
    judge(connection, contract, typing, records, NUMBER)
    list_faults(
        connection, typing, f"(select * from {records} where line in (select _line from typed where not _good))"
    )


def judge(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    typing: Typing,
    records: str,
    line: str,
) -> None:
    """Make ``judged`` and ``typed`` with all records, still the bad ones too; ``_good`` tells them apart.

    line: SQL of a row's line number: of its place in the table, or of ``_number``, which lines bring with them
    """
    names = ", ".join(name_literal(column.name) for column in contract.kept().values())
    # a rule that answers null counts as broken: a row is only good if each rule says so. As the condition of a case,
    # unlike as a value, a rule's latter half is only worked out for the rows that its first half leaves open
    good = " and ".join(f"not ({check.broken})" for check in typing.checks)
    numbered = "_line as _number, " if line == NUMBER else ""
    connection.execute(f"""
        create or replace table judged as
        select {numbered}{names}, _start, case when {good} then true else false end as _good
        from ({typing.typed.replace("{records}", records)})
    """)
    connection.execute(f"create or replace view typed as select {line} as _line, rowid as _row, * from judged")
    connection.execute(f"create or replace temp table faults ({FAULTS})")


def list_faults(connection: duckdb.DuckDBPyConnection, typing: Typing, bad: str) -> None:
    """List in ``faults`` what is wrong with the records that are not good, and take them out of ``typed``.

    bad: SQL of a relation of those records, as lines
    """
    if count(connection, "select count(*) from judged where not _good") == 0:
        return
    judgements = ", ".join(
        f"case when coalesce({check.broken}, true) then {{'place': {place}, "
        f"'column_name': {text_literal(check.column) if check.column else 'null::varchar'}, "
        f"'reason': {check.reason}, 'value': {check.value}}} end"
        for place, check in enumerate(typing.checks)
    )
    connection.execute(f"""
        insert into faults
        select _line, fault.place, fault.column_name, fault.reason, left(fault.value, {LONGEST_VALUE}), true
        from (select _line, unnest([{judgements}]) as fault from ({typing.typed.replace("{records}", bad)}))
        where fault is not null
    """)
    # where several columns of a row are wrong its fields may have shifted, and a name may stand where a code belongs
    connection.execute(f"""
        update faults set value = null
        where regexp_matches(value, '{IDENTIFIER}')
           or line in (select line from faults group by line having count(distinct column_name) > 1)
    """)
    connection.execute("delete from judged where not _good")


def _take_out(connection: duckdb.DuckDBPyConnection, lines: str) -> None:
    """Take the rows of those lines out of ``typed``."""
    connection.execute(f"delete from judged where rowid in (select _row from typed where _line in ({lines}))")


def reject_repeated_keys(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Move rows whose key stood before, in the same school year, from ``typed`` to ``faults``: the first row stays.

    A number for each key is sorted in memory, eight bytes a row: to group so many keys takes several times as long.
    """
    kept = contract.kept()
    key = ", ".join(["_start", *(name_literal(kept[source].name) for source in contract.grain)])
    numbers = np.sort(
        np.asarray(connection.execute(f"select hash({key}) as number from judged").fetchnumpy()["number"])
    )
    repeated = numbers[1:][numbers[1:] == numbers[:-1]].tolist()
    if repeated:
        named = text_literal(", ".join(contract.grain))
        connection.execute("create temp table repeated as select distinct unnest(?::ubigint[]) as number", [repeated])
        connection.execute(f"""
            insert into faults
            select _line, 0, {named}, 'repeats the key of line ' || first_line, null, true
            from (
                select _line, min(_line) over (partition by {key}) as first_line
                from typed
                where hash({key}) in (select number from repeated)
            )
            where _line <> first_line
        """)
        _take_out(connection, "select line from faults")


def reject_outside_calendar(
    connection: duckdb.DuckDBPyConnection, contract: Contract, calendar: Contract, known: list[Path]
) -> None:
    """Move rows dated before the first or after the last day of their school's calendar from ``typed`` to ``faults``.

    known: the paths at which the lake has that calendar. A school without one in that year is not judged.
    """
    rule = contract.calendar
    if rule is None or not known:
        return
    here, there = contract.kept(), calendar.kept()
    school, day = name_literal(here[rule.school].name), name_literal(here[rule.date].name)
    their_school, their_day = name_literal(there[rule.their_school].name), name_literal(there[rule.their_date].name)
    paths = ", ".join(path_literal(path) for path in known)
    outside = count(
        connection,
        f"""
        insert into faults
        with spans as (
            select cast(school_year[:4] as integer) as _start, {their_school} as _school,
                   min({their_day}) as first_day, max({their_day}) as last_day
            from read_parquet([{paths}]) group by all
        )
        select _line, 0, {text_literal(rule.date)}, {text_literal(OUTSIDE)}, cast(typed.{day} as varchar), true
        from typed join spans on typed._start = spans._start and typed.{school} = spans._school
        where typed.{day} not between spans.first_day and spans.last_day
        """,
    )
    if outside:
        _take_out(connection, "select line from faults")


def remark_overlaps(connection: duckdb.DuckDBPyConnection, contract: Contract, day_after: bool) -> None:
    """List each good row whose span begins before another of the same key and school year has ended, as a remark.

    day_after: the sender's last dates are the day after the span, whatever the contract says
    """
    rule = contract.overlaps
    if rule is None:
        return
    kept = contract.kept()
    same = [name_literal(kept[source].name) for source in rule.same]
    begin, end = name_literal(kept[rule.from_].name), name_literal(kept[rule.to].name)
    key = ", ".join(["_start", *same])
    exclusive = rule.exclusive or day_after
    is_span = f"{begin} is not null and ({end} is null or {end} {'>' if exclusive else '>='} {begin})"
    connection.execute(f"""
        insert into faults
        select _line, 0, {text_literal(f"{rule.from_}, {rule.to}")}, {text_literal(OVERLAPS)} || ' ' || other, null,
               false
        from (
            select _line, {begin} as first_day, max(coalesce({end}, {FOREVER})) over earlier as taken_until,
                   arg_max(_line, coalesce({end}, {FOREVER})) over earlier as other
            from typed
            where {is_span} and {" and ".join(f"{name} is not null" for name in same)}
            window earlier as (
                partition by {key} order by {begin}, _line rows between unbounded preceding and 1 preceding
            )
        )
        where first_day {"<" if exclusive else "<="} taken_until
    """)


def covered_periods(connection: duckdb.DuckDBPyConnection, contract: Contract) -> tuple[str, ...]:
    """The school years of the good rows; or the months from the first to the last, the silent ones between too."""
    if contract.replaces == "school_year":
        return tuple(school_year_of(start) for start in _starts(connection, "true"))
    day = _day(contract)
    bounds = connection.execute(f"select min({day}), max({day}) from typed").fetchone()
    return _months(*bounds) if bounds and bounds[0] else ()


def _starts(connection: duckdb.DuckDBPyConnection, chosen: str) -> list[int]:
    """The years in which the chosen good rows' school years start: nearly always one, which its bounds tell sooner."""
    read = f"from judged where {chosen}"
    bounds = connection.execute(f"select min(_start), max(_start) {read}").fetchone()
    if bounds is None or bounds[0] is None:
        return []
    if bounds[0] == bounds[1]:
        return [bounds[0]]
    found = connection.execute(f"select distinct _start {read} order by _start").fetchall()
    return [start for (start,) in found]


def _day(contract: Contract) -> str:
    """SQL of the date that tells a row's month."""
    if not isinstance(contract.school_year, YearColumn):
        raise IngestionError(f"{contract.path} replaces months and has no date to tell them by.")
    return name_literal(contract.kept()[contract.school_year.column].name)


def _months(first: date, last: date) -> tuple[str, ...]:
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return tuple(f"{number // 12}-{number % 12 + 1:02d}" for number in numbers)


def period_start(contract: Contract, period: str) -> int:
    """The year in which the school year of a period starts."""
    year = int(period[:4])
    return year if contract.replaces == "school_year" or int(period[5:7]) >= 7 else year - 1


def in_period(contract: Contract, period: str) -> str:
    """SQL that is true for the rows of a period."""
    if contract.replaces == "school_year":
        return f"_start = {period[:4]}"
    year, month = int(period[:4]), int(period[5:7])
    return f"{_day(contract)} between date '{period}-01' and date '{period}-{monthrange(year, month)[1]}'"


def rows_by_period(connection: duckdb.DuckDBPyConnection, contract: Contract, periods: Sequence[str]) -> dict[str, int]:
    """How many good rows each of those periods has."""
    filters = ", ".join(f"count(*) filter ({in_period(contract, period)})" for period in periods)
    found = connection.execute(f"select {filters} from judged").fetchone() if periods else None
    return dict(zip(periods, found or (), strict=True))


def begin_aside(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``aside``, still empty."""
    connection.execute("create temp table aside (_line bigint, column_name varchar, reason varchar, value varchar)")


def _set_aside(connection: duckdb.DuckDBPyConnection, chosen: str, column: str, reason: str, value: str) -> int:
    found = count(
        connection,
        f"insert into aside select _line, {column}, {text_literal(reason)}, {value} from typed where {chosen}",
    )
    if found:
        _take_out(connection, "select _line from aside")
    return found


def set_later_aside(connection: duckdb.DuckDBPyConnection, contract: Contract, periods: list[str]) -> int:
    """Move the rows of those periods from ``typed`` to ``aside``; returns how many there are."""
    return sum(
        _set_aside(connection, in_period(contract, period), "null", f"{LATER} {period} is already loaded", "null")
        for period in periods
    )


def set_strangers_aside(connection: duckdb.DuckDBPyConnection, contract: Contract, schools: tuple[School, ...]) -> int:
    """Move the rows of schools that the registry does not have from ``typed`` to ``aside``; returns how many."""
    found = 0
    for source, column in contract.kept().items():
        if column.school is None:
            continue
        name = name_literal(column.name)
        if column.school == "code":
            known = [text_literal(school.code) for school in schools]
        else:
            known = [str(school.number) for school in schools if school.number is not None]
        stranger = f"{name} is not null and {name} not in ({', '.join(known)})" if known else f"{name} is not null"
        found += _set_aside(connection, stranger, text_literal(source), STRANGER, f"cast({name} as varchar)")
    return found


def list_rows_set_aside(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the rows set aside to ``faults``."""
    connection.execute("insert into faults select _line, 0, column_name, reason, value, true from aside")


def rejected_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows break at least one rule that costs them their place in the lake."""
    return count(connection, "select count(distinct line) from faults where is_rejected")


def rows_against_limit(connection: duckdb.DuckDBPyConnection, contract: Contract) -> int:
    """How many rows are rejected for something that their sender got wrong: a hidden count of too few people is not."""
    hidden = [
        f"(column_name = {text_literal(source)} and reason = {text_literal(f'is below {column.at_least}')})"
        for source, column in contract.kept().items()
        if column.masked and column.at_least is not None
    ]
    wrong = f"coalesce(not ({' or '.join(hidden)}), true)" if hidden else "true"
    return count(connection, f"select count(distinct line) from faults where is_rejected and {wrong}")


def faults_by_reason(connection: duckdb.DuckDBPyConnection) -> list[Fault]:
    """The broken rules, the most frequent first; repeated keys count as one rule."""
    found = connection.execute(f"""
        select column_name, {SAID} as said, count(*) as rows, min(line) as first_line, is_rejected
        from faults group by column_name, said, is_rejected order by rows desc, first_line, said
    """).fetchall()
    return [Fault(*row) for row in found]


def years_with_codes(connection: duckdb.DuckDBPyConnection, column: Column) -> list[str]:
    """The school years in which a good row has a code in the column."""
    name = name_literal(column.name)
    return [school_year_of(start) for start in _starts(connection, f"{name} is not null")]


def count_unmapped(
    connection: duckdb.DuckDBPyConnection, contract: Contract, other: Contract, column: Column, explained: list[Path]
) -> int:
    """How many good rows have a code that the other file, as the lake has it in those paths, does not explain."""
    if column.refers is None or not explained:
        return 0
    here, there = contract.kept(), other.kept()
    pairs = [(here[name].name, there[other_name].name) for name, other_name in column.refers.by.items()]
    same = " and ".join(f"codes.{name_literal(one)} = known.{name_literal(two)}" for one, two in pairs)
    columns = ", ".join(name_literal(one) for one, _ in pairs)
    paths = ", ".join(path_literal(path) for path in explained)
    return count(
        connection,
        f"""
        with codes as (
            select _start, {columns}, count(*) as rows
            from typed where {name_literal(column.name)} is not null group by all
        ),
        known as (select cast(school_year[:4] as integer) as _start, * from read_parquet([{paths}]))
        select coalesce(sum(rows), 0) from codes
        where not exists (select 1 from known where known._start = codes._start and {same})
        """,
    )
