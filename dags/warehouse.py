"""Whenever the lake has changed: the warehouse built anew, tested, and published only if every test passed.

On DuckDB dbt runs once, in the task ``dbt_build``; each seed and model is a task that shows what became of it there. On
Spark (the parameter ``target``, where the extra is installed) each step is a task of its own, side by side with others.
A failed model, test or audit leaves the published warehouse and the pages as they were. Where the settings name a
Metabase, its dashboards follow what was published.
"""

from __future__ import annotations

from datetime import timedelta

import on_spark
from airflow.sdk import AssetAny, Param, TaskGroup, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException
from wiring import FIRST_DAY, LAKE, PATIENT

from attendance.airflow.dbt import Node, read_nodes
from attendance.airflow.names import BUILDING, INGESTION, ON_SPARK
from attendance.airflow.triggers import PROGRESS, DbtNode, WaitForArrivals
from attendance.settings import SPARK, TARGETS, read_settings


@task
def prepare() -> float:
    """Write what the models read beside the deliveries; returns when this build began to look."""
    import time

    from attendance.steps import prepare as write_beside

    began = time.time()
    write_beside(read_settings())
    return began


@task.branch
def choose_target() -> str:
    """Which way this run takes."""
    return ON_SPARK if get_current_context()["params"]["target"] == SPARK else BUILDING


@task(retries=0, execution_timeout=timedelta(hours=3))
def dbt_build() -> None:
    """Let dbt build and test everything in one process: a DuckDB file takes one writer."""
    from attendance.airflow.dbt import build_and_tell

    instance = get_current_context()["ti"]
    build_and_tell(read_settings(), lambda told: instance.xcom_push(key=PROGRESS, value=told))


# what stands on the way that was not taken is skipped
@task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
def audit() -> None:
    """Ask whether what is to be public gives a hidden count away."""
    from attendance.steps import audit_and_mend

    audit_and_mend(read_settings(), print)


@task
def publish(began: float) -> None:
    """Put the new warehouse in place of the old one: in PostgreSQL, on the pages, in the files of each audience."""
    from attendance.airflow.stamp import mark_built
    from publishing.publish import publish as put_in_place

    settings = read_settings()
    put_in_place(settings, print)
    mark_built(settings, began)


@task
def publish_to_metabase() -> None:
    """Let Metabase's dashboards say what was published, where the settings name a Metabase and a key of it."""
    from publishing.metabase.publish import publish_to_metabase as bring

    settings = read_settings()
    if not (settings.metabase_url and settings.metabase_key):
        raise AirflowSkipException("No METABASE_URL and METABASE_API_KEY are set: nothing is sent to Metabase.")
    for line in bring(settings, print):
        print(line)


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
    # all arrows of a task at once: for each call Airflow works out anew whose DAG it is
    for node in nodes:
        [tasks[name] for name in node.reads] >> tasks[node.name]
    return tasks


@dag(
    schedule=AssetAny(*LAKE.values()),
    start_date=FIRST_DAY,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=9),
    default_args={**PATIENT, "retries": 1, "execution_timeout": timedelta(hours=1)},
    params={
        "target": Param(
            read_settings().target if on_spark.INSTALLED else TARGETS[0],
            enum=list(TARGETS if on_spark.INSTALLED else TARGETS[:1]),
            title="Target",
            description="the engine that builds",
        )
    },
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
    began, chosen, built = prepare(), choose_target(), dbt_build()
    arrived >> began >> chosen >> built
    audited, published = audit(), publish(began)
    nodes = read_nodes(read_settings().dbt_project)
    if on_spark.INSTALLED:
        begun, collected = on_spark.build_on_spark(nodes)
        chosen >> begun
        collected >> audited
    tasks = models(nodes, BUILDING).values()
    built >> [node for node in tasks if not node.upstream_task_ids]
    [node for node in tasks if not node.downstream_task_ids] >> audited
    built >> audited >> published
    # a teardown: whether it could tell does not decide whether the run was good
    published >> publish_to_metabase() >> tell().as_teardown()


warehouse()
