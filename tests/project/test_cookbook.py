"""The questions of the cookbook, against what the contracts say of the tables: without a warehouse, at once.

That each has an answer is asked of the example county: tests/end_to_end/test_cookbook.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from attendance.docs.cookbook import (
    FOLDER,
    Asker,
    CookbookError,
    Recipe,
    empty_warehouse,
    faults_of,
    read_recipe,
    read_recipes,
    recipe_called,
    tables_of,
)
from attendance.project import DbtProject, read_project
from attendance.settings import PROJECT

RECIPES = {recipe.name: recipe for recipe in read_recipes(PROJECT)}

HEADER = """\
-- question: How many students are there?
-- asked_by: board, data team
-- columns: students
-- mind:
--   - Each student once: at the
--     county.
"""
QUERY = "select count(*) as students from marts.student_attendance\n"


@pytest.fixture(scope="module")
def dbt() -> DbtProject:
    """The project's own dbt project."""
    return read_project(PROJECT / "dbt_project")


@pytest.fixture(scope="module")
def empty(dbt: DbtProject) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables that people read, without rows."""
    with empty_warehouse(dbt) as connection:
        yield connection


def written(folder: Path, text: str) -> Path:
    path = folder / "a_question.sql"
    path.write_text(text, encoding="utf-8")
    return path


def test_there_are_questions_of_everybody_who_asks() -> None:
    assert len(RECIPES) >= 25
    assert {asker for recipe in RECIPES.values() for asker in recipe.asked_by} == set(Asker)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_question_reads_marts_and_answers_with_the_columns_that_it_says(
    name: str, dbt: DbtProject, empty: duckdb.DuckDBPyConnection
) -> None:
    assert faults_of(RECIPES[name], dbt, empty) == []


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_question_says_what_to_mind_and_is_no_wider_than_a_page(name: str) -> None:
    assert RECIPES[name].question.endswith("?")
    assert RECIPES[name].mind
    lines = (PROJECT / FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 120] == []


def test_the_header_is_read_as_it_is_written(tmp_path: Path) -> None:
    recipe = read_recipe(written(tmp_path, HEADER + QUERY))
    assert recipe.asked_by == (Asker.board, Asker.data_team)
    assert recipe.columns == ("students",)
    assert recipe.mind == ("Each student once: at the county.",)
    assert recipe.sql == QUERY
    assert not recipe.student_level


@pytest.mark.parametrize(
    ("text", "becomes", "says"),
    [
        ("-- asked_by: board", "-- asked_by: the neighbors", "asked_by"),
        ("-- columns: students\n", "", "columns"),
        ("-- mind:", "-- minds:", "mind"),
        ("-- question: ", "-- ", "neither"),
    ],
)
def test_a_header_that_is_wrong_is_refused(tmp_path: Path, text: str, becomes: str, says: str) -> None:
    assert text in HEADER
    with pytest.raises(CookbookError, match=says):
        read_recipe(written(tmp_path, HEADER.replace(text, becomes) + QUERY))


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("select 1 as students from marts.nothing", "It reads marts.nothing"),
        ("select 1 as students from open_data.chronic_absence", "It reads open_data.chronic_absence"),
        ("select 1 as students from intermediate.int_stints", "It reads intermediate.int_stints"),
        ("select 1 as students from rejects", "It reads rejects"),
        ("select 1 as students from read_csv('a.csv')", r"It reads read_csv\(\)"),
        ("select 1 as students from 'a.parquet'", "It reads a.parquet"),
        ("select no_column as students from marts.rejects", "It cannot be asked"),
        ("select 1 as pupils from marts.rejects", "It answers with the columns pupils"),
    ],
)
def test_a_question_that_cannot_be_asked_is_told(
    tmp_path: Path, sql: str, says: str, dbt: DbtProject, empty: duckdb.DuckDBPyConnection
) -> None:
    (fault,) = faults_of(read_recipe(written(tmp_path, HEADER + sql)), dbt, empty)
    assert re.match(says, fault), fault


def test_an_answer_of_single_students_says_so(
    tmp_path: Path, dbt: DbtProject, empty: duckdb.DuckDBPyConnection
) -> None:
    header = HEADER.replace("columns: students", "columns: student_key")
    sql = "select student_key from marts.student_attendance"
    (fault,) = faults_of(read_recipe(written(tmp_path, header + sql)), dbt, empty)
    assert "student_level" in fault
    said = read_recipe(written(tmp_path, header + "-- student_level: yes\n" + sql))
    assert faults_of(said, dbt, empty) == []


def test_what_a_query_reads_leaves_out_what_it_makes_itself() -> None:
    sql = """
        with a as (select * from marts.rejects), b as (from a join reference.grades using (k))
        select * from b, range(3) where x in (select y from marts.entities)
    """
    assert tables_of(sql) == ("marts.entities", "marts.rejects", "reference.grades")
    for wrong in ("select 1; select 2", "drop table a", "select from where"):
        with pytest.raises(CookbookError, match="Not a query"):
            tables_of(wrong)


def test_an_unknown_recipe_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(CookbookError, match="highest_schools"):
        recipe_called(PROJECT, "nothing")
    with pytest.raises(CookbookError, match="no recipe"):
        recipe_called(PROJECT, "../cookbook/highest_schools")
    assert isinstance(recipe_called(PROJECT, "highest_schools"), Recipe)
