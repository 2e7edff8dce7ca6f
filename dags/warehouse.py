"""Whenever the lake has changed: the warehouse built anew, tested, and published only if every test passed.

dbt runs once, in the task ``dbt_build``; each seed and model is a task that shows what became of it there. A failed
model or test leaves the published warehouse and the pages as they were.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import AssetAny, TaskGroup, TriggerRule, dag, get_current_context, task
from wiring import FIRST_DAY, LAKE, PATIENT

from attendance.airflow.dbt import Node, read_nodes
from attendance.airflow.names import INGESTION
from attendance.airflow.triggers import PROGRESS, DbtNode, WaitForArrivals
from attendance.settings import read_settings


@task
def prepare() -> float:
    """Write what the models read beside the deliveries; returns when this build began to look."""
    import time

    from ingestion.lake import prepare_lake
    from ingestion.reference import write_reference
    from ingestion.registry import read_registry

    began = time.time()
    settings = read_settings()
    prepare_lake(settings)
    write_reference(settings, read_registry(settings.config))
    return began


@task(retries=0, execution_timeout=timedelta(hours=3))
def dbt_build() -> None:
    """Let dbt build and test everything in one process: a DuckDB file takes one writer."""
    from attendance.airflow.dbt import build_and_tell

    instance = get_current_context()["ti"]
    build_and_tell(read_settings(), lambda told: instance.xcom_push(key=PROGRESS, value=told))


@task
def publish(began: float) -> None:
    """Put the new warehouse in place of the old one and render the pages from it."""
    from attendance.airflow.stamp import mark_built
    from publishing.publish import publish as put_in_place

    settings = read_settings()
    put_in_place(settings)
    mark_built(settings, began)


@task(trigger_rule=TriggerRule.ALL_DONE)
def tell() -> None:
    """Fill each LEA's outbox, and say so where the warehouse was not built."""
    from attendance.airflow.telling import tell_of_build

    tell_of_build(get_current_context()["ti"])


def models(nodes: tuple[Node, ...], build: str) -> dict[str, DbtNode]:
    """One task for each seed and model, grouped by layer, with arrows as they read from each other."""
    tasks: dict[str, DbtNode] = {}
    for layer in sorted({node.layer for node in nodes}):
        with TaskGroup(layer, prefix_group_id=False):
            tasks |= {node.name: DbtNode(name=node.name, build=build) for node in nodes if node.layer == layer}
    for node in nodes:
        for name in node.reads:
            tasks[name] >> tasks[node.name]
    return tasks


@dag(
    schedule=AssetAny(*LAKE.values()),
    start_date=FIRST_DAY,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=9),
    default_args={**PATIENT, "retries": 1, "execution_timeout": timedelta(hours=1)},
    tags=["warehouse"],
    doc_md=__doc__,
)
def warehouse() -> None:
    """Wire the tasks."""
    arrived = WaitForArrivals(
        task_id="wait_for_arrivals",
        dags=list(INGESTION.values()),
        patience=timedelta(hours=2),
        execution_timeout=timedelta(hours=3),
    )
    began, built = prepare(), dbt_build()
    arrived >> began >> built
    published = publish(began)
    nodes = models(read_nodes(read_settings().dbt_project), "dbt_build")
    for node in nodes.values():
        if not node.upstream_task_ids:
            built >> node
        if not node.downstream_task_ids:
            node >> published
    built >> published
    # a teardown: whether it could tell does not decide whether the run was good
    published >> tell().as_teardown()


warehouse()
