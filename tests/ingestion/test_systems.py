"""Is each student information system whole: contracts, staging folder, place in the list, tests of what it decodes?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from attendance.settings import PROJECT, Settings
from ingestion.contract import read_contracts
from ingestion.registry import KINDS
from ingestion.systems import read_systems

MODELS = PROJECT / "dbt_project" / "models"
# A roster: its enrollments are by class, and it has no attendance and no calendar.
WITHOUT_ATTENDANCE = {"oneroster"}
SYSTEMS = [system for system in KINDS["sis"] if system not in WITHOUT_ATTENDANCE]
# Decoded once, in staging, and the same for every system.
DECODED = ("enrollments", "marks")


def listed() -> list[str]:
    """The systems that the models unite, in their order."""
    text = (PROJECT / "dbt_project" / "macros" / "sis.sql").read_text(encoding="utf-8")
    found = re.search(r"macro sis_systems\(\).*?return\((\[.*?\])\)", text, re.DOTALL)
    assert found, "macros/sis.sql has no list of systems"
    return list(yaml.safe_load(found[1]))


def interface() -> dict[str, list[str]]:
    """The columns of each staging model, as the page for people says."""
    page = (PROJECT / "docs" / "adding-a-system.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| `([^`]+)` \|$", page, re.MULTILINE)
    return {model: columns.split(", ") for model, columns in rows}


def described(folder: Path) -> dict[str, list[str]]:
    """The columns of each model that the folder's yml describes."""
    found: dict[str, list[str]] = {}
    for path in folder.glob("_*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            found[model["name"]] = [column["name"] for column in model.get("columns", [])]
    return found


def selected(path: Path) -> list[str]:
    """The names that a model's last select gives its columns."""
    sql = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    last = re.split(r"\nselect(?: distinct)?\n", sql)[-1]
    columns = last[: last.index("\nfrom ")]
    return [line.rstrip(",").split()[-1].split(".")[-1] for line in columns.splitlines() if re.match(r" {4}\S", line)]


def test_every_system_with_attendance_is_in_the_list_that_the_models_unite() -> None:
    assert listed() == SYSTEMS


def test_the_page_for_people_names_the_five_models() -> None:
    assert list(interface()) == ["students", "enrollments", "calendar", "submitted_days", "marks"]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("model", interface())
def test_each_system_has_each_staging_model_with_the_columns_of_all(system: str, model: str) -> None:
    folder = MODELS / "staging" / system
    path = folder / f"stg_{system}__{model}.sql"
    assert path.is_file(), f"{path} is missing: docs/adding-a-system.md says what it holds"
    columns = interface()[model]
    assert described(folder).get(path.stem) == columns, f"{path.stem} is not described with these columns"
    # a calendar of several calendars ends in a comparison on a line of its own
    given = [name for name in selected(path) if name in columns]
    assert [name for name in columns if name not in given] == [], f"{path.stem} does not select them"


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_s_decoding_has_unit_tests(system: str) -> None:
    folder = MODELS / "staging" / system
    tested = {
        test["model"]
        for path in folder.glob("_*.yml")
        for test in yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", [])
    }
    assert {f"stg_{system}__{model}" for model in DECODED} <= tested


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_s_files_are_sources_and_its_sources_files(system: str) -> None:
    contracts = {contract.file for contract in read_contracts() if contract.source == system}
    path = MODELS / "staging" / system / f"_{system}__sources.yml"
    sources = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
    assert {table["name"] for source in sources for table in source["tables"]} == contracts


def test_nothing_behind_staging_names_a_system() -> None:
    """Adding a system touches staging and the list, so no other model may know one by name."""
    names = re.compile(rf"stg_({'|'.join(SYSTEMS)})__\w+")
    # the year summary that Aeries alone keeps is compared with what the days say
    allowed = {"stg_aeries__attendance_summaries"}
    telling = {
        path.stem: found
        for room in ("intermediate", "marts", "open_data")
        for path in (MODELS / room).rglob("*.sql")
        if (found := {match[0] for match in names.finditer(path.read_text(encoding="utf-8"))} - allowed)
    }
    assert telling == {}


def test_every_source_of_the_registry_has_a_name_for_people_and_its_own_kind() -> None:
    nowhere = PROJECT / "var"
    settings = Settings(home=nowhere, config=nowhere, extracts=nowhere, public=nowhere)
    named = {system.source: system.kind for system in read_systems(settings).values()}
    assert named == {source: kind for kind, sources in KINDS.items() for source in sources}
