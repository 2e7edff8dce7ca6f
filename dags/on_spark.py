"""How the build becomes tasks on Spark: each step a task of Cosmos, side by side where none reads from the other.

Only where the extra is installed: it brings Cosmos and dbt's adapter. The DAG file chooses.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from airflow.sdk import TaskGroup, task

from attendance.airflow.dbt import Node, steps_of
from attendance.airflow.names import COLLECTING, ON_SPARK, STEPS
from attendance.settings import SPARK, read_settings

INSTALLED = find_spec("cosmos") is not None and find_spec("pyspark") is not None


@task(task_id=ON_SPARK)
def begin() -> None:
    """Empty the warehouse on Spark and name the lake's files there."""
    from attendance.airflow.spark import begin as begin_there

    begin_there()


@task(task_id=COLLECTING)
def collect() -> None:
    """Run the tests that belong to no step, then bring what people read into the file that is published."""
    from attendance.airflow.spark import finish

    finish()


def build_on_spark(nodes: tuple[Node, ...]) -> tuple[Any, Any]:
    """Wire the steps between their beginning and their end; returns both."""
    from cosmos import ProfileConfig
    from cosmos.constants import InvocationMode
    from cosmos.operators.local import DbtBuildLocalOperator

    settings = read_settings()
    profile = ProfileConfig(
        profile_name="attendance", target_name=SPARK, profiles_yml_filepath=settings.dbt_project / "profiles.yml"
    )
    began, collected = begin(), collect()
    with TaskGroup(STEPS):
        tasks = {
            step.name: DbtBuildLocalOperator(
                task_id=step.name,
                project_dir=str(settings.dbt_project),
                profile_config=profile,
                select=step.select,
                indirect_selection="buildable",
                invocation_mode=InvocationMode.DBT_RUNNER,
                install_deps=False,
                emit_datasets=False,
                should_store_compiled_sql=False,
                quiet=True,
                # dbt parses a project once, not once per task
                cache_dir=settings.home / f"dbt-{SPARK}" / "cosmos",
                # of Cosmos' own copy of the project: tasks at work side by side must not write the same files
                env={"ATTENDANCE_TARGET": SPARK, "DBT_TARGET_PATH": "target", "DBT_LOG_PATH": "logs"},
                append_env=True,
            )
            for step in steps_of(nodes)
        }
    # all arrows of a task at once: for each call Airflow works out anew whose DAG it is
    for step in steps_of(nodes):
        [tasks[name] for name in step.reads] >> tasks[step.name]
    began >> [built for built in tasks.values() if not built.upstream_task_ids]
    [built for built in tasks.values() if not built.downstream_task_ids] >> collected
    return began, collected
