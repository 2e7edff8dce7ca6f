"""No column undocumented, no documentation without its column: what the files alone can say.

Whether intermediate and staging models have the columns that are documented is asked of the built warehouse:
tests/end_to_end/test_documented_columns.py.
"""

from __future__ import annotations

import re

import pytest
import yaml

from attendance.project import SEEDS, DbtProject, read_project
from attendance.settings import PROJECT

CONTRACTS = ("marts", "open_data")
NUMBER = re.compile(r"(tiny|small|big|huge)?int|integer|decimal|numeric|double|float|real")
# what a number is of, or what its values stand for
SAID = re.compile(r"Unit, \w|Source \w|\b[Ss]eed \w")


@pytest.fixture(scope="module")
def dbt() -> DbtProject:
    """The project's own dbt project."""
    return read_project(PROJECT / "dbt_project")


def test_every_column_is_described_once(dbt: DbtProject) -> None:
    assert sum(len(table.columns) for table in dbt.tables.values()) > 1000
    for table in dbt.tables.values():
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names)), table.name
        assert [column.name for column in table.columns if not column.description] == [], table.name


def test_what_people_read_is_under_an_enforced_contract_that_types_every_column(dbt: DbtProject) -> None:
    """dbt then refuses to build a model whose columns are not those of its yml."""
    layers = yaml.safe_load((PROJECT / "dbt_project/dbt_project.yml").read_text(encoding="utf-8"))["models"][
        "attendance"
    ]
    for schema in CONTRACTS:
        assert layers[schema]["+contract"] == {"enforced": True}
        for table in dbt.of(schema):
            assert table.columns, table.label
            assert [column.name for column in table.columns if not column.type] == [], table.label
            assert "contract" not in table.file.with_name(f"{table.name}.sql").read_text(encoding="utf-8"), table.label


def test_the_columns_of_a_seed_are_those_of_its_file(dbt: DbtProject) -> None:
    files = {path.stem for path in (PROJECT / "seeds").glob("*.csv")}
    assert {table.name for table in dbt.of(SEEDS)} == files
    for table in dbt.of(SEEDS):
        documented = [column.name for column in table.columns]
        assert list(table.header) == documented, table.name
        assert list(table.types) == documented, f"{table.name}: column_types"
        assert [row for row in table.rows if len(row) != len(table.header)] == [], table.name


def test_every_row_of_a_seed_has_its_source(dbt: DbtProject) -> None:
    for table in dbt.of(SEEDS):
        # a seed that is about sources has a column source already
        named = "source_of_name" if table.name == "source_systems" else "source"
        assert named in table.header, table.name
        place = table.header.index(named)
        assert [row for row in table.rows if not row[place].strip()] == [], table.name


def test_the_grain_of_everything_that_people_read_is_tested(dbt: DbtProject) -> None:
    for schema in (*CONTRACTS, SEEDS):
        for table in dbt.of(schema):
            grain = [name.strip() for name in table.grain.split(",")]
            if table.grain == "one row":
                continue
            unique = [check.arguments["columns"] for check in table.checks if check.kind == "unique_combination"]
            unique += [[check.column] for check in table.checks if check.kind == "unique"]
            assert grain in unique, f"{table.label}: no test says that {table.grain} is unique"


def test_a_number_says_its_unit_or_its_source(dbt: DbtProject) -> None:
    silent = [
        f"{table.label}.{column.name}: {column.description}"
        for schema in CONTRACTS
        for table in dbt.of(schema)
        for column in table.columns
        if NUMBER.match(column.type or "") and column.name != "sort_order" and not SAID.search(column.description)
    ]
    assert silent == []


def test_every_model_says_what_it_is_its_grain_and_its_source(dbt: DbtProject) -> None:
    models = {path.stem for path in (PROJECT / "dbt_project/models").rglob("*.sql")}
    assert models == {table.name for table in dbt.tables.values() if table.schema != SEEDS}
    for table in dbt.tables.values():
        assert table.description, table.name
        assert table.grain, table.name
        assert table.source or table.schema == SEEDS, table.name
