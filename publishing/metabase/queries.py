"""A card's SQL as a question of Metabase: the same text, its parameters as variables, run by PostgreSQL.

Metabase puts a value of its own in place of each variable, as JDBC does. What no reader chooses is derived in the SQL:
the year before from the school year, the district from the school.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Texts, quoted names and comments are passed by; what is left is SQL.
_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \$(?P<parameter>[a-z_][a-z0-9_]*)""",
    re.VERBOSE | re.DOTALL,
)
_SQL = re.compile(r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/""", re.VERBOSE | re.DOTALL)

# 2023-24 gives 2022-23: one year less, and the last two digits are the first year's.
LAST_YEAR = (
    "(cast(cast(left(cast({{school_year}} as text), 4) as integer) - 1 as text) "
    "|| '-' || substr(cast({{school_year}} as text), 3, 2))"
)
DISTRICT_OF_SCHOOL = "(select district_cds_code from open_data.entities where cds_code = {{school}})"

# What PostgreSQL has not, or understands otherwise, with what both take.
_DUCKDB_ONLY = {
    r"\bregexp_full_match\s*\(": "regexp_full_match: write x ~ '^...$'",
    r"\bregexp_matches\s*\(": "regexp_matches: write x ~ '...'",
    r"\b(strftime|strptime|try_strptime)\s*\(": "strftime: take a column that has it, or extract(... from day)",
    r"\b(date_diff|datediff)\s*\(": "date_diff: subtract the dates",
    r"\b(max_by|min_by|arg_max|arg_min)\s*\(": "max_by: number the rows by row_number() and keep the first",
    r"\b(median|mode)\s*\(": "median: write percentile_cont(0.5) within group (order by x)",
    r"\bcount_if\s*\(": "count_if: write count(*) filter (where ...)",
    r"\b(ifnull|if)\s*\(": "ifnull, if: write coalesce, case",
    r"\bcontains\s*\(": "contains: write like",
    r"\btry_cast\s*\(": "try_cast: there is no equal; take a typed column",
    r"\brange\s*\(": "range: write generate_series, which includes its end",
    r"\bqualify\b": "qualify: number the rows in a table of their own, then filter",
    r"\b(group|order)\s+by\s+all\b": "by all: name the columns",
    r"\basof\b": "asof: there is no such join",
    r"\bexclude\s*\(": "exclude: name the columns",
    r"//": "//: write floor(a / b) of numerics",
    r"==": "==: write =",
    r"(\bas|::)\s*(string|double|hugeint)\b(?!\s+precision)": "string, double: write text, double precision",
    r"\?": "?: JDBC takes it for a value",
}
_BRACES = re.compile(r"{{|}}|\[\[|\]\]")
_DESC = re.compile(r"\bdesc\b(?!\s+nulls\s+(first|last)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Choice:
    """What a reader may choose: the variable's word and the value that it has until then."""

    label: str
    default: str


@dataclass(frozen=True)
class Question:
    """SQL with its variables, ready for Metabase.

    choices:  the variables that the SQL needs, each with its default
    optional: variables that narrow the rows when a reader sets them, with their words
    """

    sql: str
    choices: Mapping[str, Choice] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)

    def native(self, key: str) -> dict[str, Any]:
        """The query and its tags; ``key`` makes the tags' numbers the same each time."""
        tags: dict[str, dict[str, Any]] = {}
        for name, choice in self.choices.items():
            tags[name] = _tag(key, name, choice.label) | {"required": True, "default": choice.default}
        for name, label in self.optional.items():
            tags[name] = _tag(key, name, label) | {"required": False}
        return {"query": self.sql, "template-tags": tags}


def _tag(key: str, name: str, label: str) -> dict[str, Any]:
    number = uuid.uuid5(uuid.NAMESPACE_URL, f"attendance/{key}/{name}")
    return {"id": str(number), "name": name, "display-name": label, "type": "text"}


def portability_faults(sql: str) -> list[str]:
    """What of a card's SQL PostgreSQL does not take, or answers in another order; empty where nothing is known."""
    bare = _SQL.sub(lambda found: " " if found[0].startswith(("--", "/*")) else "''", sql)
    faults = [words for pattern, words in _DUCKDB_ONLY.items() if re.search(pattern, bare, re.IGNORECASE)]
    if _BRACES.search(sql):
        faults.append("{{, }}, [[ or ]]: Metabase reads them as variables")
    if _DESC.search(bare):
        faults.append("desc without nulls last: PostgreSQL puts what is null first")
    return list(dict.fromkeys(faults))


def question(sql: str, choices: Mapping[str, Choice]) -> Question:
    """The SQL with ``$name`` as ``{{name}}``; ``$last_year`` and a school's ``$district`` are derived unless set.

    Only the choices that are used are kept. Raises KeyError with a parameter that nothing gives.
    """

    def replaced(found: re.Match[str]) -> str:
        name = found["parameter"]
        if name is None:
            return found[0]
        if name in choices:
            return f"{{{{{name}}}}}"
        if name == "last_year" and "school_year" in choices:
            return LAST_YEAR
        if name == "district" and "school" in choices:
            return DISTRICT_OF_SCHOOL
        raise KeyError(name)

    text = _TOKEN.sub(replaced, sql.strip())
    written = set(re.findall(r"{{([a-z0-9_]+)}}", text))
    return Question(text, {name: choice for name, choice in choices.items() if name in written})


def narrowed(asked: Question, columns: Mapping[str, str]) -> Question:
    """The question with a variable for each of these columns, by which a reader may narrow its rows.

    columns: by the column's name, the word for it
    """
    if not columns:
        return asked
    parts = "\n".join(f'[[and narrowed."{column}" = {{{{{narrowing(column)}}}}}]]' for column in columns)
    sql = f"select * from (\n{asked.sql}\n) as narrowed\nwhere true\n{parts}"
    return Question(sql, asked.choices, {narrowing(column): label for column, label in columns.items()})


def narrowing(column: str) -> str:
    """The variable by which a reader narrows a table's rows to one value of a column."""
    return f"only_{column}"


def of_columns(asked: Question, *columns: str) -> Question:
    """The question with these columns only, in this order: a pivoted table takes three."""
    listed = ", ".join(f'shown."{column}"' for column in columns)
    return Question(f"select {listed} from (\n{asked.sql}\n) as shown", asked.choices, asked.optional)


def with_year_before(sql: str, choices: Mapping[str, Choice]) -> Question:
    """The SQL of this school year and of the one before, as two rows with a date: a trend compares them."""
    now = question(sql, choices)
    before = Question(now.sql.replace("{{school_year}}", LAST_YEAR), now.choices)

    def dated(asked: Question, year: str, name: str) -> str:
        begins = f"make_date(cast(left({year}, 4) as integer), 8, 1) as school_year_begins"
        return f"select {begins}, {name}.* from (\n{asked.sql}\n) as {name}"

    both = (dated(before, LAST_YEAR, "before"), dated(now, "cast({{school_year}} as text)", "now"))
    return Question("\nunion all\n".join(both) + "\norder by school_year_begins", now.choices)
