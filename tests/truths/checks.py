"""What is planted in simulated counties, and whether the marts find it: one check for each kind of truth.

A check asks one county for rows that JSON can hold, and tells findings from the rows of many counties. To add one,
write a module beside this and put its check into ``CHECKS`` of ``tests.truths.registry``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A simulated county that was loaded and built.

    truth: the Parquet file of what truly happened (``simulation.truth``), outside of what was sent
    marts: every model that the checks asked for, as dbt would build it
    """

    seed: int
    extracts: Path
    truth: Path
    marts: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[Row]:
        """The answer of the marts, one dictionary per row."""
        answer = self.marts.execute(sql)
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@dataclass(frozen=True)
class Finding:
    """A line of the report.

    what: what was planted; planted, found, missed, wrongly_found: how often; said: the figures behind it
    """

    what: str
    planted: int
    found: int
    missed: int
    wrongly_found: int
    passes: bool
    said: str = ""


@dataclass(frozen=True)
class Size:
    """The counties that a check asks.

    school_years: those that are simulated
    students:     in all when a school year begins
    seeds:        how many counties are asked, from seed 1 on
    kinds:        what is loaded of what the districts send (``ingestion.registry.KINDS``)
    """

    school_years: tuple[str, ...] = ("2023-24",)
    students: int = 10_000
    seeds: int = 50
    kinds: tuple[str, ...] = ("sis", "interventions", "calpads")


@dataclass(frozen=True)
class Check:
    """A kind of planted truth.

    marts: the dbt models that it reads
    ask:   rows of one county
    tell:  findings from the rows of all counties; each row has its county's ``seed`` beside what ``ask`` returned
    size:  the counties that it asks
    """

    name: str
    marts: tuple[str, ...]
    ask: Callable[[Asked], list[Row]]
    tell: Callable[[Sequence[Row]], list[Finding]]
    size: Size = Size()


def compared(what: str, planted: Set[Any], found: Set[Any]) -> Row:
    """What one county planted beside what its marts tell, as counts."""
    return {
        "what": what,
        "planted": len(planted),
        "found": len(planted & found),
        "missed": len(planted - found),
        "wrongly_found": len(found - planted),
    }


def counted(rows: Sequence[Row]) -> list[Finding]:
    """A line per kind of ``compared``; what was never planted proves nothing and does not pass."""
    findings = []
    for what in dict.fromkeys(str(row["what"]) for row in rows):
        mine = [row for row in rows if row["what"] == what]
        planted, found, missed, wrongly = (
            sum(int(row[name]) for row in mine) for name in ("planted", "found", "missed", "wrongly_found")
        )
        findings.append(Finding(what, planted, found, missed, wrongly, planted > 0 and not missed and not wrongly))
    return findings


def report(findings: Sequence[Finding]) -> str:
    """A table for people."""
    width = max([len("what was planted"), *(len(each.what) for each in findings)])
    lines = [f"{'what was planted':<{width}}  planted  found  missed  wrongly found  passes"]
    for each in findings:
        counts = f"{each.planted:>7}  {each.found:>5}  {each.missed:>6}  {each.wrongly_found:>13}"
        lines.append(f"{each.what:<{width}}  {counts}  {'yes' if each.passes else 'NO':<6}  {each.said}".rstrip())
    return "\n".join(lines)
