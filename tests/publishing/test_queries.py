"""The rows of many pages, asked for at once: those of each page's own query, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from publishing import open_data
from publishing.open_data import OpenDataError
from publishing.site import queries

PAGES = [
    {"district": f"{code}0000000", "school_year": year, "last_year": "2021-22", "level": level}
    for code in ("1999001", "1999002", "1999003", "1999009")
    for year in ("2022-23", "2023-24")
    for level in ("school", "district")
]
SQL = {
    "an expression": """
        select entity_name, chronic_rate from open_data.entities
        inner join open_data.chronic_absence using (cds_code)
        where district_cds_code = $district and school_year = $school_year and reporting_category = 'TA'
        order by lower(entity_name) desc
    """,
    "a name, then a place, nulls last": """
        select entity_name as name, chronic_rate as rate from open_data.entities
        left join open_data.chronic_absence as absence
            on absence.cds_code = entities.cds_code and absence.school_year = $school_year
            and absence.reporting_category = 'TA'
        where entities.district_cds_code = $district and entities.entity_level = $level
        order by rate desc nulls last, 1
    """,
    "a union within": """
        with places as (
            select 1 as place, cds_code from open_data.entities where cds_code = $district
            union all
            select 2 as place, cds_code from open_data.entities where district_cds_code = $district
        )
        select place, cds_code, $school_year as year from places order by place, cds_code
    """,
    "a union without": """
        select cds_code, entity_name from open_data.entities where cds_code = $district
        union all
        select cds_code, entity_name from open_data.entities where entity_level = 'county'
        order by entity_name desc, cds_code
    """,
    "a group": """
        select school_level, count(*) as schools from open_data.entities
        where district_cds_code = $district and entity_level = 'school'
        group by school_level order by count(*) desc, school_level
    """,
    "no parameter": "select cds_code from open_data.entities where entity_level = 'county'",
    "an aggregate without rows": """
        select count(*) as schools, max(entity_name) as last from open_data.entities
        where district_cds_code = $district and entity_level = 'school'
    """,
}
LIMIT = """
    select entity_name from open_data.entities where district_cds_code = $district
    order by entity_name desc limit 2
"""


@pytest.fixture
def connection(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = open_data.connect(database)
    yield opened
    opened.close()


def one_by_one(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[open_data.Row, ...]]:
    return [open_data.rows(connection, sql, page) for page in PAGES]


@pytest.mark.parametrize("kind", SQL)
def test_the_rows_of_many_pages_are_those_of_each_in_its_order(
    connection: duckdb.DuckDBPyConnection, kind: str
) -> None:
    assert list(queries.rows_of_pages(connection, SQL[kind], PAGES)) == one_by_one(connection, SQL[kind])
    names = sorted(open_data.parse(SQL[kind]).parameters)
    assert not names or queries._all_at_once(connection, SQL[kind], PAGES, names) is not None


def test_a_query_with_a_limit_is_asked_page_by_page(connection: duckdb.DuckDBPyConnection) -> None:
    assert queries._all_at_once(connection, LIMIT, PAGES, ["district"]) is None
    assert list(queries.rows_of_pages(connection, LIMIT, PAGES)) == one_by_one(connection, LIMIT)


def test_rows_whose_order_is_not_told_are_asked_page_by_page(connection: duckdb.DuckDBPyConnection) -> None:
    sql = "select cds_code from open_data.entities where district_cds_code = $district order by length(cds_code)"
    tied = list(queries.rows_of_pages(connection, sql + ", hash(cds_code)", PAGES))
    assert tied == one_by_one(connection, sql + ", hash(cds_code)")
    shuffled = "select * from (" + sql + ", hash(cds_code)) as shuffled"
    assert list(queries.rows_of_pages(connection, shuffled, PAGES)) == one_by_one(connection, shuffled)


def test_a_query_outside_open_data_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    sql = "select * from duckdb_tables() where table_name > $district"
    with pytest.raises(OpenDataError, match="reads duckdb_tables"):
        queries.rows_of_pages(connection, sql, PAGES)
    with pytest.raises(OpenDataError, match="reads duckdb_tables"):
        queries.largest(connection, sql, PAGES, ["estimated_size"])


def test_the_largest_value_is_that_of_all_pages(connection: duckdb.DuckDBPyConnection) -> None:
    rates = [row["chronic_rate"] for rows in one_by_one(connection, SQL["an expression"]) for row in rows]
    highest = float(max(rate for rate in rates if rate is not None))
    assert queries.largest(connection, SQL["an expression"], PAGES, ["chronic_rate"]) == highest
    assert queries.largest(connection, SQL["an expression"], PAGES[-2:], ["chronic_rate"]) == 0.0
