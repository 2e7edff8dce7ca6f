"""The primary rule alone: what a publication shows although its own rule hides it, and how much more it hides.

What the rule alone would hide cannot be told from what is public: a companion is labelled as a complement is. So that
count, and no other, reads ``marts.chronic_absence`` where the audited file has it; the attack never does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from publishing.audit.public import Rules, attach

_COMPLEMENTED = "('race', 'gender', 'program', 'grade', 'grade_total', 'charter')"


def _hidden_by_rule(rules: Rules) -> str:
    """SQL: whether the primary rule hides a group of n, c within all students of total_n, total_c."""
    most, none = rules.largest_hidden_group, rules.none_hidden_under

    def all_or_none(n: str, c: str) -> str:
        return f"({n} > 0 and ({c} = {n} or ({c} = 0 and {n} < {none})))"

    rest_n, rest_c = "(total_n - n)", "(total_c - c)"
    return (
        f"((n > 0 and n <= {most}) or {all_or_none('n', 'c')} or (is_complemented and {rest_n} > 0 "
        f"and ({rest_n} <= {most} or {all_or_none(rest_n, rest_c)})))"
    )


def shown_against_rule(connection: duckdb.DuckDBPyConnection, rules: Rules) -> tuple[str, ...]:
    """Groups that are shown although the publication's own rule hides them, each as a line.

    Such is also a figure of the state's of a group that another table hides: it is of the same students. And an answer
    to a survey that all who were asked gave, or none of a few.
    """
    found = connection.execute(
        f"""
        with groups as (
            select parts.source, parts.place, parts.words, parts.n, parts.c, totals.n as total_n, totals.c as total_c,
                parts.topic = 'category' and parts.family in {_COMPLEMENTED} as is_complemented
            from figures as parts left join figures as totals
                on parts.school_year = totals.school_year and parts.cds_code = totals.cds_code
                and totals.topic = 'category' and totals.item = 'TA'
            where parts.topic in ('category', 'grade', 'month', 'accountability', 'intervention', 'measured', 'matched',
                    'comparison', 'survey', 'overlap')
                -- a head-count alone may be too small as well
                and not parts.is_n_hidden and parts.n is not null
        )
        select source || ', ' || place || ', ' || words from groups where {_hidden_by_rule(rules)}
        union all
        select 'published_chronic_absence, ' || figures.place || ', ' || figures.words
        from published_chronic_absence as state inner join figures
            on state.school_year = figures.school_year and state.cds_code = figures.cds_code
            and figures.topic = 'category' and state.reporting_category = figures.item
        where (figures.is_n_hidden and state.eligible_enrollment is not null)
            or ((figures.is_n_hidden or figures.is_c_hidden)
                and (state.chronic_count is not null or state.chronic_rate is not null))
        union all
        select 'school_climate, ' || entity_name || ' (' || cds_code || '), ' || school_year || ', ' || indicator_code
            || ' of grade ' || grade
        from school_climate left join entities using (cds_code)
        -- without a number of respondents they may be few
        where value_pct >= 100 or (value_pct <= 0 and coalesce(respondents, 0) < {rules.none_hidden_under})
        order by 1
        """
    ).fetchall()
    return tuple(str(line) for (line,) in found)


@dataclass(frozen=True)
class Hidden:
    """How much a publication hides.

    by_reason:       rows of each table and reason
    behind:          family, students in rows that are hidden (all students less those shown), all students; of schools
    rule_rows and rule_students: rows of ``chronic_absence`` that the primary rule alone hides and the students in them
    rows, students:  the same of all rows whose head-count is hidden; None where the file has no ``marts``
    chronic_rows, chronic_students: the same of rows that hide their chronic count alone
    """

    by_reason: tuple[tuple[str, str, int], ...]
    behind: tuple[tuple[str, int, int], ...]
    rule_rows: int | None = None
    rule_students: int | None = None
    rows: int | None = None
    students: int | None = None
    chronic_rows: int = 0
    chronic_students: int = 0

    def lines(self) -> list[str]:
        """The counts in words."""
        tables: dict[str, list[str]] = {}
        for table, reason, rows in self.by_reason:
            tables.setdefault(table, []).append(f"{rows:,} {reason}")
        told = [f"Hidden rows of {table}: {', '.join(reasons)}." for table, reasons in tables.items()]
        told += [
            f"Students of schools in hidden rows of {family}: {hidden:,} of {everybody:,} "
            f"({100 * hidden / everybody:.1f} %)."
            for family, hidden, everybody in self.behind
            if everybody
        ]
        if self.rows is not None and self.rule_rows is not None:
            told.append(
                f"The primary rule alone would hide {self.rule_rows:,} rows of chronic_absence ({self.rule_students:,} "
                f"students, each once for each group). Hidden are {self.rows:,} ({self.students:,}), and of "
                f"{self.chronic_rows:,} more ({self.chronic_students:,}) the chronic count alone."
            )
        else:
            told.append("What the primary rule alone would hide is not told: the file has no marts.chronic_absence.")
        return told


def count_hidden(connection: duckdb.DuckDBPyConnection, database: Path, rules: Rules) -> Hidden:
    """Count hidden rows and the students in them, from what is public; and against the primary rule, from ``marts``."""
    by_reason = connection.execute(
        "select source, reason, count(*) from seen where reason is not null group by 1, 2 order by min(rank), 1, 2"
    ).fetchall()
    behind = connection.execute(
        """
        with totals as (
            select school_year, cds_code, n from figures
            where topic = 'category' and item = 'TA' and entity_level = 'school' and n is not null
        ),
        shown as (
            select family_name, school_year, cds_code, sum(coalesce(n, 0)) as n
            from figures inner join category_families on family = category_family
            where topic = 'category' and covers = 'everybody' and item <> 'TA'
            group by all
        )
        select family_name, sum(totals.n - shown.n)::bigint, sum(totals.n)::bigint
        from totals inner join shown using (school_year, cds_code) group by 1 order by 1
        """
    ).fetchall()
    public = Hidden(tuple(by_reason), tuple(behind))
    attach(connection, database)
    try:
        exists = connection.execute(
            "select count(*) from information_schema.tables where table_catalog = 'source' "
            "and table_schema = 'marts' and table_name = 'chronic_absence'"
        ).fetchone()
        if not exists or not exists[0]:
            return public
        found = connection.execute(
            f"""
            with cells as (
                select counted.eligible_enrollment as n, counted.chronic_count as c,
                    totals.eligible_enrollment as total_n, totals.chronic_count as total_c,
                    category_family in {_COMPLEMENTED} as is_complemented,
                    shown.suppression_reason in ('small_group', 'all_or_none', 'complement')
                        and shown.eligible_enrollment is null as is_hidden,
                    shown.suppression_reason in ('small_group', 'all_or_none', 'complement')
                        and shown.eligible_enrollment is not null and shown.chronic_count is null as is_half_hidden
                from source.marts.chronic_absence as counted
                inner join chronic_absence as shown using (school_year, cds_code, reporting_category)
                inner join reporting_categories using (reporting_category)
                left join source.marts.chronic_absence as totals on counted.school_year = totals.school_year
                    and counted.cds_code = totals.cds_code and totals.reporting_category = 'TA'
            )
            select count(*) filter (where {_hidden_by_rule(rules)}), sum(n) filter (where {_hidden_by_rule(rules)}),
                count(*) filter (where is_hidden), sum(n) filter (where is_hidden),
                count(*) filter (where is_half_hidden), sum(n) filter (where is_half_hidden)
            from cells
            """
        ).fetchone()
    finally:
        connection.execute("detach source")
    if found is None:
        return public
    return Hidden(public.by_reason, public.behind, *(int(each or 0) for each in found))
