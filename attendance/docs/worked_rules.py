"""docs/worked-rules.md: the unit tests of the models as worked examples, what goes in and what comes out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from attendance.markdown import render
from attendance.project import SEEDS, DbtProject, Given, WorkedExample

DOCUMENT = Path("docs") / "worked-rules.md"
TEMPLATE = Path(__file__).parent / "templates" / "worked_rules.md.j2"

LAYERS = {
    "intermediate": "From marks and enrollments to the rule",
    "marts": "What staff read",
    "open_data": "What may leave the building",
    "staging": "What each system means",
}
# how words are written that a name of SQL has in small letters
SPELLED = {
    **{word: word.upper() for word in ("stas", "sis", "lea", "cde", "calpads", "ada", "chks", "lcap", "sart", "sarb")},
    "leas": "LEAs",
    "aeries": "Aeries",
    "ed fi": "Ed-Fi",
    "powerschool": "PowerSchool",
    "infinite campus": "Infinite Campus",
    "synergy": "Synergy",
    "oneroster": "OneRoster",
    "panorama": "Panorama",
    "english": "English",
    "hispanic": "Hispanic",
}


def sentence(name: str) -> str:
    """The sentence that a test's name is: ``a_day_counts_once`` becomes ``A day counts once``."""
    text = re.sub(r" s\b", "'s", name.replace("_", " "))
    for small, right in SPELLED.items():
        text = re.sub(rf"\b{small}\b", right, text)
    text = re.sub(r"\bstas(\d{4})\b", r"STAS\1", text)
    return text[:1].upper() + text[1:]


def anchor(heading: str) -> str:
    """Where a heading is found on its page, as GitHub and GitLab make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def value_in_words(value: object) -> str:
    """A value as SQL spells it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(frozen=True)
class Rows:
    """Rows as a small table; what is the same in each of them stands once, in ``throughout``."""

    throughout: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class GivenRows:
    """One input: ``rows`` None where it is told by ``sql`` that only dbt can read."""

    input: str
    rows: Rows | None
    sql: str | None


@dataclass(frozen=True)
class Worked:
    """One unit test as it stands on the page."""

    example: WorkedExample
    heading: str
    given: tuple[GivenRows, ...]
    seeds: tuple[str, ...]
    empty: tuple[str, ...]
    expected: GivenRows | None


def as_rows(rows: Sequence[Mapping[str, Any]]) -> Rows:
    """Rows as a small table."""
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    told = {name: tuple(value_in_words(row[name]) if name in row else "" for row in rows) for name in names}
    same = {name for name in names if len(rows) > 1 and len(set(told[name])) == 1}
    # a table without columns would say nothing
    same = set() if len(same) == len(names) else same
    left = tuple(name for name in names if name not in same)
    return Rows(
        throughout=tuple((name, told[name][0]) for name in names if name in same),
        names=left,
        rows=tuple(zip(*(told[name] for name in left), strict=True)),
    )


def rows_of_sql(sql: str) -> tuple[Mapping[str, Any], ...] | None:
    """The rows that a query of constants gives; None where it is for dbt to read."""
    if "{{" in sql:
        return None
    with duckdb.connect(config={"threads": 1}) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())


def _given(given: Given) -> GivenRows:
    rows = rows_of_sql(given.sql) if given.sql else given.rows or ()
    return GivenRows(given.input, None if rows is None else as_rows(rows), given.sql if rows is None else None)


def headings_of(project: DbtProject) -> dict[tuple[str, str], str]:
    """The heading of each unit test by its model and name; the model stands behind it where two would be alike."""
    counted = Counter(one.name for one in project.worked_examples)
    return {
        (one.model, one.name): sentence(one.name) + (f" ({one.model})" if counted[one.name] > 1 else "")
        for one in project.worked_examples
    }


def worked(example: WorkedExample, heading: str) -> Worked:
    """One unit test as it stands on the page."""
    filled = [one for one in example.given if one.sql or one.rows]
    return Worked(
        example=example,
        heading=heading,
        given=tuple(_given(one) for one in filled),
        seeds=tuple(one.input for one in example.given if one.rows is None),
        empty=tuple(one.input for one in example.given if one.rows == () and not one.sql),
        expected=_given(example.expected) if example.expected.sql or example.expected.rows else None,
    )


def render_worked_rules(project: DbtProject) -> str:
    """docs/worked-rules.md."""
    headings = headings_of(project)

    def of(layer: str) -> Iterable[Worked]:
        of_layer = [one for one in project.worked_examples if project.tables[one.model].schema == layer]
        in_order = sorted(of_layer, key=lambda one: one.model)
        return [worked(one, headings[one.model, one.name]) for one in in_order]

    groups = [(title, list(of(layer))) for layer, title in LAYERS.items()]
    return render(
        TEMPLATE,
        groups=[group for group in groups if group[1]],
        tables=project.tables,
        seeds=SEEDS,
        anchor=anchor,
    )
