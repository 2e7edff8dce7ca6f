"""A card's SQL as a question: the same text, its parameters as variables."""

from __future__ import annotations

import re

import duckdb
import pytest

from publishing.metabase.queries import (
    Choice,
    narrowed,
    of_columns,
    portability_faults,
    question,
    with_year_before,
)

YEAR = {"school_year": Choice("School year", "2023-24")}


def filled(sql: str, **values: str) -> str:
    """The SQL as Metabase runs it: optional parts with their values, or without them."""

    def optional(found: re.Match[str]) -> str:
        return found[1] if all(name in values for name in re.findall(r"{{(\w+)}}", found[1])) else ""

    sql = re.sub(r"\[\[(.*?)\]\]", optional, sql, flags=re.DOTALL)
    return re.sub(r"{{(\w+)}}", lambda found: f"'{values[found[1]]}'", sql)


def test_a_parameter_becomes_a_variable_and_nothing_else_changes() -> None:
    sql = "select '$school_year' as text, \"$x\" from t -- $school_year\nwhere y = $school_year /* $z */ and p = 1"
    asked = question(sql, YEAR)
    assert asked.sql == sql.replace("y = $school_year", "y = {{school_year}}")
    native = asked.native("public/county/rate")
    assert native["template-tags"]["school_year"] == {
        "id": native["template-tags"]["school_year"]["id"],
        "name": "school_year",
        "display-name": "School year",
        "type": "text",
        "required": True,
        "default": "2023-24",
    }
    assert asked.native("public/county/rate") == native
    assert asked.native("public/county/other") != native


def test_only_what_is_used_is_a_variable() -> None:
    assert question("select 1", YEAR).choices == {}


@pytest.mark.parametrize(("year", "before"), [("2023-24", "2022-23"), ("2000-01", "1999-00"), ("2009-10", "2008-09")])
def test_the_year_before_follows_from_the_year(year: str, before: str) -> None:
    asked = question("select $last_year", YEAR)
    assert set(asked.choices) == {"school_year"}
    assert duckdb.sql(filled(asked.sql, school_year=year)).fetchall() == [(before,)]


def test_the_district_of_a_school_follows_from_the_school_and_a_given_one_is_given() -> None:
    school = {"school": Choice("School", "19990019910101")}
    assert "where cds_code = {{school}}" in question("select $district", school).sql
    both = {**school, "district": Choice("District", "19990010000000")}
    assert question("select $district", both).sql == "select {{district}}"


def test_what_nothing_gives_is_named() -> None:
    with pytest.raises(KeyError, match="month"):
        question("select $month", YEAR)


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("select regexp_full_match(a, 'b') from t", "regexp_full_match"),
        ("select strftime(d, '%Y') from t", "strftime"),
        ("select max_by(a, b) from t", "max_by"),
        ("select a from t qualify row_number() over () = 1", "qualify"),
        ("select a, count(*) from t group by all", "by all"),
        ("select * exclude (a) from t", "exclude"),
        ("select a // 2 from t", "//"),
        ("select cast(a as string) from t", "string"),
        ("select a::double from t", "string, double"),
        ("select a from t order by a desc", "desc without nulls last"),
        ("select a from t order by a desc, b desc nulls last", "desc without nulls last"),
        ("select '{{x}}' from t", "Metabase reads them"),
        ("select a[[1]] from t", "Metabase reads them"),
        ("select a ? 'b' from t", "JDBC"),
    ],
)
def test_what_postgresql_does_not_take_is_named(sql: str, fault: str) -> None:
    assert any(fault in one for one in portability_faults(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "select a from t order by a desc nulls last, b DESC NULLS FIRST, c",
        "select 'what? // == desc' from t -- qualify, really?",
        "select a::double precision, cast(b as double precision) from t",
        "select description, if_needed from t where arrange = 1",
        "select first_value(a) over (order by b) from t",
    ],
)
def test_what_both_take_is_passed(sql: str) -> None:
    assert portability_faults(sql) == []


def test_a_reader_narrows_rows_by_a_column_or_sees_all_in_their_order() -> None:
    sql = "select * from (values ('b', 1), ('a', 2), ('b', 3)) as t (level, n) order by n desc nulls last"
    asked = narrowed(question(sql, {}), {"level": "School level"})
    assert asked.native("k")["template-tags"]["only_level"]["required"] is False
    assert duckdb.sql(filled(asked.sql)).fetchall() == [("b", 3), ("a", 2), ("b", 1)]
    assert duckdb.sql(filled(asked.sql, only_level="b")).fetchall() == [("b", 3), ("b", 1)]
    assert narrowed(question(sql, {}), {}).sql == sql


def test_a_pivoted_table_has_three_columns_and_no_more() -> None:
    asked = of_columns(question("select 1 as a, 2 as b, 3 as c, 4 as d", {}), "c", "a", "b")
    assert duckdb.sql(asked.sql).fetchall() == [(3, 1, 2)]


def test_a_trend_has_this_year_and_the_one_before_with_a_date_each() -> None:
    sql = "select n from (values ('2022-23', 5), ('2023-24', 7)) as t (school_year, n) where school_year = $school_year"
    asked = with_year_before(sql, YEAR)
    rows = duckdb.sql(filled(asked.sql, school_year="2023-24")).fetchall()
    assert [(day.isoformat(), n) for day, n in rows] == [("2022-08-01", 5), ("2023-08-01", 7)]
    before = with_year_before("select $last_year as y where $school_year is not null", YEAR)
    assert [row[1] for row in duckdb.sql(filled(before.sql, school_year="2023-24")).fetchall()] == [
        "2021-22",
        "2022-23",
    ]
