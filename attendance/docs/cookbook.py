"""Questions that analysts ask, each a file in docs/cookbook: a header that says what it is about, then the query.

The header is the comment above the query, as in any of the files. ``attendance query --recipe NAME`` asks it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import duckdb
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from attendance.errors import MendableError
from attendance.markdown import render
from attendance.project import DbtProject

FOLDER = Path("docs") / "cookbook"
TEMPLATE = Path(__file__).parent / "templates" / "cookbook.md.j2"
# functions that make rows of nothing; whatever else stands in a from clause would read something
ROWS_OF_NOTHING = {"range", "generate_series", "unnest"}
KEY = re.compile(r"([a-z_]+):(?: (.+))?")
# what is told with commas, and what is told in points
LISTS = {"asked_by", "columns"}
POINTS = {"mind"}


class CookbookError(MendableError):
    """There is no such recipe, or its header is wrong; the message says what to do."""


class Asker(StrEnum):
    """Who asks, in the order in which the cookbook shows them."""

    attendance_team = "attendance team"
    student_support = "student support staff"
    cabinet = "cabinet"
    board = "board"
    district_analyst = "district analyst"
    data_team = "data team"


Words = Annotated[str, BeforeValidator(lambda text: " ".join(str(text).split())), StringConstraints(min_length=10)]


class Header(BaseModel):
    """What stands above a query.

    columns: of the answer, in order
    mind: what to mind when reading the answer, a point each
    student_level: the answer is of single students: for those with a legitimate educational interest only
    may_be_empty: why the answer, or a column of it, may be empty; without it, neither may be
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: Words
    asked_by: tuple[Asker, ...]
    columns: tuple[str, ...]
    mind: tuple[Words, ...]
    student_level: bool = False
    may_be_empty: Words | None = None


class Recipe(Header):
    """A question with its query; ``name`` is that of its file."""

    name: str
    sql: str

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables that the query reads, as ``schema.table``."""
        return tables_of(self.sql)


def _header(lines: Sequence[str]) -> dict[str, str | list[str]]:
    """The header's parts: ``key: text``, more text on lines set further in, or points behind a dash."""
    parts: dict[str, list[str]] = {}
    points: list[str] = []
    for line in lines:
        text = line.removeprefix("--").removeprefix(" ")
        found = KEY.fullmatch(text)
        if found:
            points = parts.setdefault(found[1], [found[2]] if found[2] else [])
        elif text.startswith("  - "):
            points.append(text.removeprefix("  - "))
        elif text.startswith("  ") and points:
            points[-1] += f" {text.strip()}"
        else:
            raise ValueError(f"`{line}` is neither `-- key: text` nor `--   - a point` nor the rest of one")
    return {
        key: [one for text in told for one in text.split(", ")] if key in LISTS else told if key in POINTS else told[0]
        for key, told in parts.items()
    }


def read_recipe(path: Path) -> Recipe:
    """One file of the cookbook; raises CookbookError where its header is not as Header says."""
    lines = path.read_text(encoding="utf-8").splitlines()
    length = next((place for place, line in enumerate(lines) if not line.startswith("--")), len(lines))
    sql = "\n".join(lines[length:]).strip() + "\n"
    try:
        return Recipe.model_validate({**_header(lines[:length]), "name": path.stem, "sql": sql})
    except (ValueError, IndexError) as error:
        raise CookbookError(
            f"The header of {path} cannot be read: {error}\nWrite it like those of the files beside it: question, "
            "asked_by, columns and mind, each behind `--`."
        ) from error


def read_recipes(project: Path) -> tuple[Recipe, ...]:
    """All recipes of the project in ``project``, by name."""
    return tuple(read_recipe(path) for path in sorted((project / FOLDER).glob("*.sql")))


def recipe_called(project: Path, name: str) -> Recipe:
    """The recipe of that name; raises CookbookError where there is none."""
    path = project / FOLDER / f"{name}.sql"
    names = sorted(one.stem for one in (project / FOLDER).glob("*.sql"))
    if name not in names:
        raise CookbookError(f"There is no recipe {name} in {FOLDER}. There are: {', '.join(names)}.")
    return read_recipe(path)


# ---- what a query reads ----


def _nodes(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value)


@cache
def tables_of(sql: str) -> tuple[str, ...]:
    """What a query reads: tables as ``schema.table``, and as ``function()`` whatever else it reads rows from.

    Raises CookbookError where it is not one SELECT.
    """
    with duckdb.connect() as connection:
        (told,) = connection.execute("select json_serialize_sql(?)", [sql]).fetchone() or ("{}",)
    parsed = json.loads(told)
    if parsed.get("error", True) or len(parsed["statements"]) != 1:
        raise CookbookError(f"Not a query: {parsed.get('error_message', 'more than one statement')}\n{sql}")
    own = {entry["key"] for node in _nodes(parsed) for entry in (node.get("cte_map") or {}).get("map", ())}
    found = set()
    for node in _nodes(parsed):
        if node.get("type") == "BASE_TABLE":
            name = ".".join(filter(None, (node["catalog_name"], node["schema_name"], node["table_name"])))
            found.add(name)
        elif node.get("type") == "TABLE_FUNCTION":
            function = node["function"]["function_name"]
            found |= set() if function in ROWS_OF_NOTHING else {f"{function}()"}
    return tuple(sorted(found - own))


# ---- checked against what the project says of its tables ----


def empty_warehouse(project: DbtProject) -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables that people read, as their contracts say, and no rows."""
    connection = duckdb.connect()
    for table in (*project.of("marts"), *project.of("reference")):
        connection.execute(f"create schema if not exists {table.schema}")
        columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
        connection.execute(f"create table {table.label} ({columns})")
    return connection


def faults_of(recipe: Recipe, project: DbtProject, empty: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with a recipe, a sentence each: told from the contracts alone, without a warehouse."""
    known = {table.label for schema in ("marts", "reference") for table in project.of(schema)}
    unknown = [name for name in recipe.reads if name not in known]
    if unknown:
        return [
            f"It reads {', '.join(unknown)}; it may read tables of marts and reference only, with the schema's name."
        ]
    try:
        answered = tuple(column[0] for column in empty.execute(recipe.sql).description or ())
    except duckdb.Error as error:
        return [f"It cannot be asked: {error}"]
    faults = []
    if answered != recipe.columns:
        faults.append(
            f"It answers with the columns {', '.join(answered)}; its header says {', '.join(recipe.columns)}."
        )
    if any(name.endswith("student_key") for name in answered) and not recipe.student_level:
        faults.append("It answers with a key of students. Take it out, or say student_level: true.")
    return faults


# ---- the page ----


def render_cookbook(project: Path, dbt: DbtProject) -> str:
    """docs/cookbook/README.md: every question with its query, by who asks it first."""
    recipes = read_recipes(project)
    groups = [(asker, [one for one in recipes if one.asked_by[0] == asker]) for asker in Asker]
    return render(TEMPLATE, groups=[group for group in groups if group[1]], tables=dbt.by_label, recipes=recipes)
