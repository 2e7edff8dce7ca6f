"""A delivery's rows in DuckDB: typed, judged, and each one that is not good listed with what is wrong with it.

Tables that this module leaves in the connection:
    typed   _line, the contract's columns under their names in the lake, _start, and _month for monthly files:
            good rows only, a pseudonymous column still in clear
    faults  line, place, column_name, reason, value: one row per broken rule
    aside   _line, column_name, reason, value: good rows that are left out through no fault of the file: of a period of
            which a later delivery is loaded, or of a school that the registry does not know
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from ingestion.contract import Column, Contract, school_year_of
from ingestion.errors import IngestionError
from ingestion.records import name_literal, path_literal, text_literal
from ingestion.registry import School
from ingestion.rules import Typing

LATER = "a later delivery of"
STRANGER = "is not a school of this LEA in the registry"
FAULTS = "line bigint, place integer, column_name varchar, reason varchar, value varchar"
LONGEST_VALUE = 80  # characters: enough to find it, too few for a free text
IDENTIFIER = "[0-9]{9}"  # nine digits in a row may be a state identifier in the wrong place


@dataclass(frozen=True)
class Fault:
    """How often one rule was broken, and first on which line."""

    column: str | None
    reason: str
    rows: int
    first_line: int


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query returns."""
    found = connection.execute(query).fetchone()
    if found is None:
        raise IngestionError(f"A query that counts returned nothing: {query}")
    return int(found[0])


def _month_sql(contract: Contract) -> str:
    if contract.replaces == "school_year" or contract.school_year == "folder":
        return "null::date"
    return f"date_trunc('month', {name_literal(contract.kept()[contract.school_year.column].name)})::date"


def make_typed(connection: duckdb.DuckDBPyConnection, contract: Contract, typing: Typing) -> None:
    """Make ``typed`` and ``faults`` out of ``records``: every record is then in one of them, never in both."""
    names = ", ".join(name_literal(column.name) for column in contract.kept().values())
    # a rule that answers null counts as broken: a row is only good if each rule says so
    broken = " or ".join(f"coalesce({check.broken}, true)" for check in typing.checks)
    connection.execute(f"""
        create temp table typed as
        select _line, {names}, _start, {_month_sql(contract)} as _month, not ({broken}) as _good
        from ({typing.typed.replace("{records}", "records")})
    """)
    connection.execute(f"create temp table faults ({FAULTS})")
    if count(connection, "select count(*) from typed where not _good") == 0:
        return
    judgements = ", ".join(
        f"case when coalesce({check.broken}, true) then {{'place': {place}, "
        f"'column_name': {text_literal(check.column) if check.column else 'null::varchar'}, "
        f"'reason': {check.reason}, 'value': {check.value}}} end"
        for place, check in enumerate(typing.checks)
    )
    bad = "(select * from records where line in (select _line from typed where not _good))"
    connection.execute(f"""
        insert into faults
        select _line, fault.place, fault.column_name, fault.reason, left(fault.value, {LONGEST_VALUE})
        from (select _line, unnest([{judgements}]) as fault from ({typing.typed.replace("{records}", bad)}))
        where fault is not null
    """)
    # where several columns of a row are wrong its fields may have shifted, and a name may stand where a code belongs
    connection.execute(f"""
        update faults set value = null
        where regexp_matches(value, '{IDENTIFIER}')
           or line in (select line from faults group by line having count(distinct column_name) > 1)
    """)
    connection.execute("delete from typed where not _good")


def reject_repeated_keys(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Move rows whose key stood before, in the same school year, from ``typed`` to ``faults``: the first row stays."""
    kept = contract.kept()
    key = ", ".join(["_start", *(name_literal(kept[source].name) for source in contract.grain)])
    connection.execute(f"""
        create temp table repeated as
        select hash({key}) as fingerprint from typed group by fingerprint having count(*) > 1
    """)
    if count(connection, "select count(*) from repeated"):
        named = text_literal(", ".join(contract.grain))
        connection.execute(f"""
            insert into faults
            select _line, 0, {named}, 'repeats the key of line ' || first_line, null
            from (
                select _line, min(_line) over (partition by {key}) as first_line
                from typed
                where hash({key}) in (select fingerprint from repeated)
            )
            where _line <> first_line
        """)
        connection.execute("delete from typed where _line in (select line from faults)")


def covered_periods(connection: duckdb.DuckDBPyConnection, contract: Contract) -> tuple[str, ...]:
    """The school years of the good rows; or the months from the first to the last, the silent ones between too."""
    if contract.replaces == "school_year":
        starts = connection.execute("select distinct _start from typed order by _start").fetchall()
        return tuple(school_year_of(start) for (start,) in starts)
    bounds = connection.execute("select min(_month), max(_month) from typed").fetchone()
    return _months(*bounds) if bounds and bounds[0] else ()


def _months(first: date, last: date) -> tuple[str, ...]:
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return tuple(f"{number // 12}-{number % 12 + 1:02d}" for number in numbers)


def period_start(contract: Contract, period: str) -> int:
    """The year in which the school year of a period starts."""
    year = int(period[:4])
    return year if contract.replaces == "school_year" or int(period[5:7]) >= 7 else year - 1


def in_period(contract: Contract, period: str) -> str:
    """SQL that is true for the rows of a period."""
    return f"_start = {period[:4]}" if contract.replaces == "school_year" else f"_month = date '{period}-01'"


def begin_aside(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``aside``, still empty."""
    connection.execute("create temp table aside (_line bigint, column_name varchar, reason varchar, value varchar)")


def _set_aside(connection: duckdb.DuckDBPyConnection, chosen: str, column: str, reason: str, value: str) -> int:
    before = count(connection, "select count(*) from aside")
    connection.execute(
        f"insert into aside select _line, {column}, {text_literal(reason)}, {value} from typed where {chosen}"
    )
    connection.execute("delete from typed where _line in (select _line from aside)")
    return count(connection, "select count(*) from aside") - before


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
    connection.execute("insert into faults select _line, 0, column_name, reason, value from aside")


def rejected_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows break at least one rule."""
    return count(connection, "select count(distinct line) from faults")


def faults_by_reason(connection: duckdb.DuckDBPyConnection) -> list[Fault]:
    """The broken rules, the most frequent first; repeated keys count as one rule."""
    found = connection.execute("""
        select column_name, regexp_replace(reason, 'of line \\d+$', 'of an earlier line') as said,
               count(*) as rows, min(line) as first_line
        from faults group by column_name, said order by rows desc, first_line, said
    """).fetchall()
    return [Fault(*row) for row in found]


def years_with_codes(connection: duckdb.DuckDBPyConnection, column: Column) -> list[str]:
    """The school years in which a good row has a code in the column."""
    name = name_literal(column.name)
    found = connection.execute(f"select distinct _start from typed where {name} is not null order by _start").fetchall()
    return [school_year_of(start) for (start,) in found]


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
