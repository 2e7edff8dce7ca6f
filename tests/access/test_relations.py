"""Nothing is seen by anybody that nobody declared, and no declaration that its columns do not bear."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from publishing.serving.access import AccessError, Relation, access_statements, read_roles, relations_of
from publishing.serving.relations import declared_access
from tests.access.county import MODELS, ROLES, contracts

CODES = ("district_code", "school_code")


def test_every_relation_of_the_project_says_who_may_see_it_and_can_be_told_apart_so() -> None:
    declared = declared_access(MODELS)
    assert [label for label, access in declared.items() if access is None] == []
    for (schema, name), columns in contracts().items():
        Relation(schema, name, tuple(columns), declared[schema, name])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("schema", "columns", "access", "told"),
    [
        ("marts", CODES, "everybody", "none of open"),
        ("marts", ("district_code",), "places", "no school_code"),
        ("marts", ("school_code", "student_key"), "students", "no district_code"),
        ("marts", (*CODES, "student_key"), "places", "it is of students"),
        ("marts", (*CODES, "student_key"), "county", "it is of students"),
        ("marts", (*CODES, "case_key"), "places", "it is of students"),
        ("marts", ("intervention_key",), "shared", "it is of students"),
        ("open_data", ("student_key",), "open", "it is of students"),
        ("marts", CODES, "students", "none of their keys"),
        ("open_data", CODES, "places", "is open, and nothing else is"),
        ("marts", CODES, "open", "is open, and nothing else is"),
    ],
)
def test_a_declaration_that_does_not_fit_the_columns_is_refused(
    schema: str, columns: tuple[str, ...], access: str, told: str
) -> None:
    with pytest.raises(AccessError) as error:
        Relation(schema, "new", columns, access)  # type: ignore[arg-type]
    assert told in str(error.value)
    assert f"{schema}.new" in str(error.value)


def test_a_new_mart_without_a_declaration_is_refused(warehouse: Path, tmp_path: Path) -> None:
    models = Path(shutil.copytree(MODELS, tmp_path / "models"))
    yml = models / "marts" / "goals.yml"
    yml.write_text(yml.read_text(encoding="utf-8").replace("        access: places\n", ""), encoding="utf-8")
    with duckdb.connect(str(warehouse), read_only=True) as file:
        assert len(relations_of(MODELS, file)) == len(contracts())
        with pytest.raises(AccessError, match=r"marts\.goals says not who may see it"):
            relations_of(models, file)
        yml.unlink()
        with pytest.raises(AccessError, match=r"marts\.goals says not who may see it"):
            relations_of(models, file)


def test_relations_of_a_schema_that_was_not_filled_are_refused() -> None:
    relation = Relation("marts", "dim_dates", ("calendar_date",), "shared")
    with pytest.raises(AccessError, match="not among those that were filled"):
        access_statements(read_roles(ROLES), [relation], {"open_data": "open_data_next"}, [])
