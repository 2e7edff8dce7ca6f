"""The DAG folder: it can be read, quickly; every DAG keeps to the house's rules; what is loaded is built."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from attendance.airflow.dbt import read_nodes, steps_of
from attendance.airflow.names import (
    BUILD,
    BUILDING,
    COLLECTING,
    INGESTION,
    ON_SPARK,
    POOLS,
    PUBLISHING,
    SENDERS_OF,
    SLOW_SENDERS,
    STEPS,
    TO_METABASE,
)
from attendance.settings import PROJECT
from ingestion.registry import KINDS

DAGS = sorted(path for path in (PROJECT / "dags").glob("*.py") if path.name not in {"wiring.py", "on_spark.py"})
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}


def by_kind(folder: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The DAG that each kind of source has, found by its tag."""
    return {kind: dag for kind in KINDS for dag in folder["dags"].values() if kind in dag["tags"]}


def test_every_file_can_be_read(folder: dict[str, Any]) -> None:
    assert folder["errors"] == {}


def test_each_file_holds_the_one_dag_of_its_name(folder: dict[str, Any]) -> None:
    assert {dag_id: dag["file"] for dag_id, dag in folder["dags"].items()} == {path.stem: path.name for path in DAGS}


def test_reading_the_folder_takes_less_than_airflow_itself(folder: dict[str, Any]) -> None:
    # side by side in one process, and of its processor: how fast the machine is does not count; seconds are benched
    assert folder["seconds_of_folder"] < folder["seconds_of_airflow"]


def test_reading_the_folder_loads_nothing_heavy(folder: dict[str, Any]) -> None:
    assert folder["heavy"] == []


def _code_that_runs_while_reading(node: ast.AST) -> Iterator[ast.AST]:
    """All code but that of tasks, which runs later."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and any("task" in ast.dump(part) for part in child.decorator_list):
            continue
        yield child
        yield from _code_that_runs_while_reading(child)


@pytest.mark.parametrize("path", sorted((PROJECT / "dags").glob("*.py")), ids=lambda path: path.name)
def test_no_clock_is_read_while_the_folder_is_read(path: Any) -> None:
    code = _code_that_runs_while_reading(ast.parse(path.read_text(encoding="utf-8")))
    called = {part.func for part in code if isinstance(part, ast.Call)}
    names = {getattr(call, "attr", getattr(call, "id", "")) for call in called}
    assert not names & CLOCKS


def test_each_kind_of_source_has_one_dag(folder: dict[str, Any]) -> None:
    counted = {kind: sum(kind in dag["tags"] for dag in folder["dags"].values()) for kind in KINDS}
    assert counted == dict.fromkeys(KINDS, 1)
    assert set(folder["dags"]) == {*INGESTION.values(), BUILD}


def test_every_dag_says_what_it_is_for(folder: dict[str, Any]) -> None:
    assert [dag_id for dag_id, dag in folder["dags"].items() if not dag["doc"] or not dag["tags"]] == []


def test_no_dag_runs_beside_itself_or_makes_up_for_the_past(folder: dict[str, Any]) -> None:
    assert [dag_id for dag_id, dag in folder["dags"].items() if dag["catchup"] or dag["runs"] != 1] == []


def test_every_dag_and_every_task_has_a_time_out(folder: dict[str, Any]) -> None:
    endless = [
        f"{dag_id}.{task_id}"
        for dag_id, dag in folder["dags"].items()
        for task_id, task in dag["tasks"].items()
        if not (task["has_time_out"] and dag["has_time_out"])
    ]
    assert endless == []


def test_every_task_is_tried_again_but_dbt_and_what_mirrors_it(folder: dict[str, Any]) -> None:
    once = {
        task_id
        for dag in folder["dags"].values()
        for task_id, task in dag["tasks"].items()
        if task["retries"] < 1 and task["kind"] != "DbtNode"
    }
    assert once == {BUILDING}
    assert {task["retries"] for task in folder["dags"]["sis_nightly"]["tasks"].values()} == {3}


def test_each_sender_is_a_group_of_its_own_named_by_the_sender(folder: dict[str, Any]) -> None:
    for kind, dag in by_kind(folder).items():
        grouped = {f"{group}.{step}" for group in SENDERS_OF for step in ("pull", "load")}
        assert set(dag["tasks"]) == {*SENDERS_OF.values(), *grouped, "tell"}, kind
        for name in grouped:
            task = dag["tasks"][name]
            assert task["is_mapped_by_group"], f"{kind} {name}: one sender's failure would stop the others"
            assert "['sender']['name']" in task["label"], f"{kind} {name} shows numbers instead of senders"
        for group in SENDERS_OF:
            assert f"{group}.pull" in dag["tasks"][f"{group}.load"]["upstream"], kind


def test_slow_senders_pull_in_a_pool_of_their_own(folder: dict[str, Any]) -> None:
    for kind, dag in by_kind(folder).items():
        pools = {name: task["pool"] for name, task in dag["tasks"].items()}
        assert [name for name, pool in pools.items() if pool == SLOW_SENDERS] == ["slow_lea.pull"], kind
    named = {task["pool"] for dag in folder["dags"].values() for task in dag["tasks"].values()}
    assert named == {"default_pool", *POOLS}, "a task that names a pool which nobody makes never starts"


def test_a_night_without_any_slow_sender_is_a_good_night(folder: dict[str, Any]) -> None:
    # the last task runs after all others, whatever became of them, and does not decide what became of the run
    for dag in folder["dags"].values():
        tell = dag["tasks"]["tell"]
        assert tell["is_teardown"]
        assert tell["trigger_rule"].startswith("all_done")


def test_what_a_backfill_asks_for_can_be_typed_into_airflows_interface(folder: dict[str, Any]) -> None:
    for kind, dag in by_kind(folder).items():
        assert dag["params"] == {"source": None, "lea": None, "from": None, "to": None}, kind


def test_what_any_load_changes_starts_the_build(folder: dict[str, Any]) -> None:
    for group in SENDERS_OF:
        changed = {kind: dag["tasks"][f"{group}.load"]["outlets"] for kind, dag in by_kind(folder).items()}
        assert changed == {kind: [f"attendance://lake/{kind}"] for kind in KINDS}
    assert folder["dags"][BUILD]["assets"] == sorted(uri for uris in changed.values() for uri in uris)


def test_each_seed_and_model_is_a_task_of_its_layer(folder: dict[str, Any]) -> None:
    tasks = folder["dags"][BUILD]["tasks"]
    shown = {name: task["group"] for name, task in tasks.items() if task["kind"] == "DbtNode"}
    assert shown == {node.name: node.layer for node in read_nodes(PROJECT / "dbt_project")}
    assert {"staging", "intermediate", "marts", "open_data", "seeds"} <= set(shown.values())


def test_the_arrows_between_models_are_what_they_read(folder: dict[str, Any]) -> None:
    tasks = folder["dags"][BUILD]["tasks"]
    for node in read_nodes(PROJECT / "dbt_project"):
        assert tasks[node.name]["upstream"] == sorted(node.reads or [BUILDING])


def test_nothing_is_audited_and_published_before_dbt_and_every_model_came_out_well(folder: dict[str, Any]) -> None:
    tasks = folder["dags"][BUILD]["tasks"]
    audit = tasks["audit"]
    # of the two ways to build, one is skipped; nothing may have failed
    assert audit["trigger_rule"] == "none_failed_min_one_success"
    assert BUILDING in audit["upstream"]
    read = {name for task in tasks.values() if task["kind"] == "DbtNode" for name in task["upstream"]}
    last = {name for name, task in tasks.items() if task["kind"] == "DbtNode" and name not in read}
    assert last <= set(audit["upstream"])
    assert (set(tasks["publish"]["upstream"]), tasks["publish"]["trigger_rule"]) == (
        {"audit", "prepare"},
        "all_success",
    )
    assert (tasks[TO_METABASE]["upstream"], tasks[TO_METABASE]["trigger_rule"]) == ([PUBLISHING], "all_success")
    assert tasks[BUILDING]["upstream"] == ["choose_target"]
    assert tasks["choose_target"]["upstream"] == ["prepare"]
    assert tasks["prepare"]["upstream"] == ["wait_for_arrivals"]


WITH_SPARK = pytest.mark.skipif(find_spec("pyspark") is None, reason="Spark is not installed: make setup-spark")


def test_the_build_takes_the_target_as_a_parameter(folder: dict[str, Any]) -> None:
    assert folder["dags"][BUILD]["params"] == {"target": "duckdb"}


@WITH_SPARK
def test_on_spark_each_step_is_a_task_of_cosmos_behind_those_that_it_reads(folder: dict[str, Any]) -> None:
    tasks = folder["dags"][BUILD]["tasks"]
    steps = {step.name: step for step in steps_of(read_nodes(PROJECT / "dbt_project"))}
    on_spark = {name.partition(".")[2]: task for name, task in tasks.items() if name.startswith(f"{STEPS}.")}
    assert set(on_spark) == set(steps)
    assert {task["kind"] for task in on_spark.values()} == {"DbtBuildLocalOperator"}
    for name, task in on_spark.items():
        assert task["upstream"] == (sorted(f"{STEPS}.{read}" for read in steps[name].reads) or [ON_SPARK])
    side_by_side = [name for name, step in steps.items() if not step.reads]
    assert len(side_by_side) > 1


@WITH_SPARK
def test_what_spark_built_is_brought_and_published_when_every_step_came_out_well(folder: dict[str, Any]) -> None:
    tasks = folder["dags"][BUILD]["tasks"]
    steps = {name: task for name, task in tasks.items() if name.startswith(f"{STEPS}.")}
    last = set(steps) - {name for task in steps.values() for name in task["upstream"]}
    assert tasks[ON_SPARK]["upstream"] == ["choose_target"]
    assert tasks[COLLECTING]["trigger_rule"] == "all_success"
    assert last == set(tasks[COLLECTING]["upstream"])
    assert COLLECTING in tasks["audit"]["upstream"]
