"""Each dashboard is an exposure of dbt: what people look at, and what it is made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from attendance.project import read_project
from attendance.settings import PROJECT
from publishing.definition import DefinitionError, read_dashboard, read_dashboards
from publishing.exposures import DOCUMENT, exposures, models_of, render_exposures
from tests.metabase import county


def test_the_file_of_exposures_is_as_the_dashboards_are() -> None:
    project = read_project(PROJECT / "dbt_project")
    written = (PROJECT / DOCUMENT).read_text(encoding="utf-8")
    assert written == render_exposures(PROJECT, project), "A dashboard has changed. Run: attendance docs"
    listed = yaml.safe_load(written)["exposures"]
    assert [one["name"] for one in listed] == [
        f"dashboard_{one.name}" for one in read_dashboards(PROJECT / "dashboards")
    ]
    # dbt would read braces as its own
    assert "{{" not in written


def test_a_dashboard_depends_on_every_model_that_its_cards_read(tmp_path: Path) -> None:
    path = tmp_path / "county.yml"
    path.write_text(county.FRONT, encoding="utf-8")
    dashboard = read_dashboard(path)
    project = read_project(PROJECT / "dbt_project")
    assert models_of(dashboard, project) == ("open_chronic_absence", "open_entities")
    (told,) = exposures([dashboard], project)
    assert told["depends_on"] == ["ref('open_chronic_absence')", "ref('open_entities')"]
    assert (told["label"], told["config"]["meta"]["audience"]) == ("The county", "public")
    path.write_text(county.STAFF, encoding="utf-8")
    assert models_of(read_dashboard(path), project) == ("chronic_absence",)


def test_a_table_that_no_model_makes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "staff.yml"
    path.write_text(county.STAFF, encoding="utf-8")
    project = read_project(PROJECT / "dbt_project")
    fewer = replace(project, tables={name: one for name, one in project.tables.items() if name != "chronic_absence"})
    with pytest.raises(DefinitionError, match=r"staff\.yml, card counts: reads marts\.chronic_absence, which no model"):
        models_of(read_dashboard(path), fewer)
