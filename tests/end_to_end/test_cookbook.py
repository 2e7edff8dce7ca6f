"""Every question of the cookbook, asked of the example county in one process."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from attendance.docs.cookbook import read_recipes
from attendance.settings import PROJECT
from tests.end_to_end.conftest import County

RECIPES = {recipe.name: recipe for recipe in read_recipes(PROJECT)}


@pytest.fixture(scope="module")
def warehouse(county: County) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published warehouse, as staff read it."""
    with duckdb.connect(str(county.settings.warehouse), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_question_of_the_cookbook_has_an_answer(name: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    recipe = RECIPES[name]
    cursor = warehouse.execute(recipe.sql)
    columns = tuple(column[0] for column in cursor.description or ())
    rows = cursor.fetchall()
    assert columns == recipe.columns
    assert rows or recipe.may_be_empty, "no rows, and the header does not say why there may be none"
    # a column that is empty throughout tells nothing, or was joined to the wrong thing
    empty = [column for column, values in zip(columns, zip(*rows, strict=True), strict=False) if not known(values)]
    assert recipe.may_be_empty or empty == []


def known(values: tuple[object, ...]) -> bool:
    """Whether any of them is known."""
    return any(value is not None for value in values)


def test_a_question_is_asked_by_its_name(county: County) -> None:
    done = county.attendance("query", "--recipe", "county_in_one_row", "--format", "csv")
    assert done.stdout.splitlines()[0] == ",".join(RECIPES["county_in_one_row"].columns)
    assert RECIPES["county_in_one_row"].question in done.stderr
    assert "highest_schools" in county.attendance("query", "--recipe", "nothing", code=1).stderr
    county.attendance("query", code=2)
    county.attendance("query", "select 1", "--recipe", "county_in_one_row", code=2)
