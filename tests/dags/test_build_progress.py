"""What each model's task is told about the one dbt that builds them all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from attendance.airflow.dbt import (
    BuildProgress,
    Node,
    ProjectError,
    Told,
    build_and_tell,
    left_by_the_steps,
    outcome,
    owned_tests,
    read_nodes,
    step_of,
    steps_of,
)
from attendance.dbt import dbt_environment
from attendance.settings import Settings
from tests.dags.conftest import settings_at

MODEL, TEST, OTHER = "model.a.students", "test.a.not_null", "test.a.unique"


class Listener:
    """A building task that keeps what it is told."""

    def __init__(self, **tests: tuple[str, ...]) -> None:
        self.told: list[Told] = []
        owned = {name.replace("__", "."): found for name, found in tests.items()}
        self.progress = BuildProgress(tests=lambda: owned, push=self.told.append, seconds_between=0)

    def state(self, name: str = "students") -> str | None:
        """The last that was told about a model."""
        node = self.told[-1]["nodes"].get(name)
        return node["state"] if node else None


@pytest.fixture
def tested() -> Listener:
    """A model with two tests."""
    return Listener(model__a__students=(TEST, OTHER))


def test_a_model_is_good_when_it_and_all_its_tests_are(tested: Listener) -> None:
    tested.progress.finished(MODEL, "students", "model", "success", "OK")
    tested.progress.finished(TEST, "not_null", "test", "pass", "")
    assert tested.state() is None
    tested.progress.finished(OTHER, "unique", "test", "pass", "")
    assert tested.state() == "success"


def test_a_model_fails_with_its_test_and_says_which(tested: Listener) -> None:
    tested.progress.finished(MODEL, "students", "model", "success", "OK")
    tested.progress.finished(TEST, "not_null", "test", "fail", "Got 2 results")
    tested.progress.finished(OTHER, "unique", "test", "pass", "")
    assert tested.state() == "failed"
    assert tested.told[-1]["nodes"]["students"]["lines"] == ["not_null: Got 2 results"]


def test_a_model_fails_with_its_unit_test_though_dbt_calls_it_skipped() -> None:
    listener = Listener(model__a__students=("unit_test.a.edge",))
    listener.progress.finished("unit_test.a.edge", "edge", "unit_test", "fail", "actual differs from expected")
    listener.progress.finished(MODEL, "students", "model", "skipped", "")
    assert listener.state() == "failed"


def test_a_model_behind_a_failure_is_skipped_not_failed() -> None:
    listener = Listener()
    listener.progress.finished(MODEL, "students", "model", "skipped", "")
    assert listener.state() == "skipped"


def test_a_model_one_of_whose_tests_could_not_run_is_not_called_good(tested: Listener) -> None:
    tested.progress.finished(MODEL, "students", "model", "success", "OK")
    tested.progress.finished(TEST, "not_null", "test", "pass", "")
    tested.progress.finished(OTHER, "relationships", "test", "skipped", "")
    assert tested.state() == "skipped"


def test_a_model_whose_tests_were_cut_off_is_not_called_good(tested: Listener) -> None:
    tested.progress.finished(MODEL, "students", "model", "success", "OK")
    tested.progress.end()
    assert tested.state() == "skipped"
    assert tested.told[-1]["ended"]


def test_progress_is_told_in_intervals_and_the_end_always() -> None:
    listener = Listener()
    listener.progress.seconds_between = 3600
    for number in range(50):
        listener.progress.finished(f"model.a.m{number}", f"m{number}", "model", "success", "")
    assert len(listener.told) == 1
    listener.progress.end()
    assert len(listener.told) == 2
    assert len(listener.told[-1]["nodes"]) == 50


def _told(state: str, *, ended: bool = False) -> Told:
    return {"ended": ended, "nodes": {"students": {"state": state, "lines": ["a line"]}}}


@pytest.mark.parametrize(
    ("task_state", "told", "expected"),
    [
        pytest.param("running", None, None, id="dbt has told nothing yet"),
        pytest.param("running", _told("success"), "success", id="built while dbt goes on"),
        pytest.param("running", _told("failed"), "failed", id="failed while dbt goes on"),
        pytest.param("running", _told("success", ended=True), None, id="what an earlier try told"),
        pytest.param("queued", _told("success", ended=True), None, id="cleared, not yet begun"),
        pytest.param(None, None, None, id="not yet begun"),
        pytest.param("success", _told("success", ended=True), "success", id="cleared alone, after the build"),
        pytest.param("failed", {"ended": True, "nodes": {}}, "skipped", id="dbt failed before it"),
        pytest.param("failed", None, "skipped", id="dbt was killed"),
        pytest.param("upstream_failed", None, "skipped", id="dbt never ran"),
        pytest.param("skipped", None, "skipped", id="nothing to build"),
        pytest.param("success", {"ended": True, "nodes": {}}, "success", id="disabled model"),
    ],
)
def test_a_models_task_ends_as_dbt_says_and_only_of_this_try(
    task_state: str | None, told: Told | None, expected: str | None
) -> None:
    found = outcome(task_state, told, "students")
    assert (found[0] if found else None) == expected


def _write(project: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_models_and_seeds_are_read_with_what_they_refer_to(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "project/dbt_project.yml": 'model-paths: [models]\nseed-paths: ["../seeds"]\n',
            "project/models/staging/aeries/stg_one.sql": "select * from {{ source('a', 'b') }}",
            "project/models/marts/mart.sql": (
                "{# not {{ ref('late') }} #} select * from {{ ref('stg_one') }} join {{ ref( 'package', 'codes' ) }}\n"
                "-- depends_on: {{ ref('other') }}\n"
            ),
            "project/models/marts/other.sql": "select 1",
            "project/models/marts/late.sql": "select * from {{ ref('gone') }}",
            "seeds/codes.csv": "a\n1\n",
        },
    )
    assert read_nodes(tmp_path / "project") == (
        Node("late", "marts", ()),
        Node("mart", "marts", ("codes", "other", "stg_one")),
        Node("other", "marts", ()),
        Node("codes", "seeds", ()),
        Node("stg_one", "staging", ()),
    )


def test_a_missing_dbt_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"dbt_project\.yml is missing"):
        read_nodes(tmp_path)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What dbt itself reads in the project."""
    settings = settings_at(tmp_path_factory.mktemp("dbt"))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "--quiet", "parse"],
        env={**os.environ, **dbt_environment(settings)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    path = Path(dbt_environment(settings)["DBT_TARGET_PATH"]) / "manifest.json"
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def test_the_project_is_read_as_dbt_reads_it(manifest: dict[str, Any], settings: Settings) -> None:
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in {"model", "seed"}}
    reads = {
        node["name"]: {nodes[parent]["name"] for parent in node["depends_on"].get("nodes", []) if parent in nodes}
        for node in nodes.values()
    }
    assert {node.name: set(node.reads) for node in read_nodes(settings.dbt_project)} == reads


def test_each_node_is_built_by_one_step_after_all_that_it_reads(settings: Settings) -> None:
    nodes = read_nodes(settings.dbt_project)
    steps = {step.name: step for step in steps_of(nodes)}
    assert set(steps) == {step_of(node) for node in nodes}
    assert 50 < len(steps) < len(nodes)
    for node in nodes:
        assert {step_of(read) for read in nodes if read.name in node.reads} <= {
            *steps[step_of(node)].reads,
            step_of(node),
        }
    # in an order: else two steps would wait for each other for ever
    assert set(TopologicalSorter({step.name: step.reads for step in steps.values()}).static_order()) == set(steps)
    assert steps["seeds"].select == "resource_type:seed"
    assert steps["stg_aeries"].select == "path:models/staging/aeries"
    assert steps["chronic_absence"].select == "chronic_absence"


def test_a_test_that_no_step_runs_is_found_as_dbt_finds_it(
    manifest: dict[str, Any], settings: Settings, tmp_path: Path
) -> None:
    nodes = read_nodes(settings.dbt_project)
    left = left_by_the_steps(manifest, nodes)
    # what they read besides a mart is a seed that the mart does not read, or a mart that stands beside it
    assert left == (
        "absence_by_reason__groups_are_those_of_chronic_absence",
        "chronic_absence__families_add_up_to_all_students",
        "chronic_absence_by_grade__grades_are_their_spans",
        "chronic_absence_by_zip__zip_codes_add_up_to_all_students",
        "open_concentration_zip__zip_codes_add_up_to_the_county",
        "open_reconciliation__nothing_is_told_of_a_count_that_is_hidden",
        "relationships_int_group_totals_reporting_category__reporting_category__ref_reporting_categories_",
    )
    run = set()
    for step in steps_of(nodes):
        if step.name not in {"seeds", "chronic_absence"}:
            continue
        listed = subprocess.run(
            [
                str(Path(sys.executable).with_name("dbt")),
                *("--quiet", "ls", "--output", "name", "--resource-type", "test"),
                *("--select", step.select, "--indirect-selection", "buildable"),
            ],
            env={**os.environ, **dbt_environment(settings_at(tmp_path))},
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        run |= set(listed.stdout.split())
    assert run
    assert not run & set(left)
    of_the_mart = {
        test["name"]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test" and test.get("attached_node") == "model.attendance.chronic_absence"
    }
    assert of_the_mart <= run


def test_every_test_of_the_project_counts_to_a_model_or_seed_unless_it_reads_none(manifest: dict[str, Any]) -> None:
    counted = {test for tests in owned_tests(manifest).values() for test in tests}
    nodes = manifest["nodes"]
    owed = {
        unique_id
        for unique_id, test in {**nodes, **manifest["unit_tests"]}.items()
        if test["resource_type"] in {"test", "unit_test"}
        and any(parent.startswith(("model.", "seed.")) for parent in test["depends_on"]["nodes"])
    }
    assert owed
    assert counted == owed


def test_a_singular_test_counts_to_the_model_that_it_is_named_for() -> None:
    model = {"resource_type": "model"}
    reads = {"nodes": ["model.a.students", "model.a.stints"]}
    made = {
        "nodes": {
            "model.a.students": {**model, "name": "students"},
            "model.a.stints": {**model, "name": "stints"},
            "test.a.one": {"resource_type": "test", "name": "stints__never_overlap", "depends_on": reads},
            "test.a.two": {"resource_type": "test", "name": "nobody_is_lost", "depends_on": reads},
            "test.a.three": {
                "resource_type": "test",
                "name": "relationships_students",
                "depends_on": reads,
                "attached_node": "model.a.students",
            },
        },
        "unit_tests": {
            "unit_test.a.four": {
                "resource_type": "unit_test",
                "name": "edge",
                "depends_on": {"nodes": ["model.a.stints"]},
            }
        },
    }
    assert owned_tests(made) == {
        "model.a.students": ("test.a.two", "test.a.three"),
        "model.a.stints": ("test.a.one", "test.a.two", "unit_test.a.four"),
    }


def test_the_one_process_builds_on_duckdb_whatever_engine_the_settings_name(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    monkeypatch.setattr("attendance.dbt.build", lambda chosen, **_told: built.append(chosen.target))
    build_and_tell(replace(settings, target="spark"), lambda _told: None)
    assert built == ["duckdb"]
